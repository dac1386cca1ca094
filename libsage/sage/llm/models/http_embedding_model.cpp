#include "sage/llm/models/http_embedding_model.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "sage/functions/tasks/completion.hpp"
#include "sage/llm/model_call.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage {

namespace {

class vectors_box final : public llm::embedding_call_listener {
 public:
  vectors_box(completion<embedding_reply> done, std::string model)
      : done_(std::move(done)), model_(std::move(model)) {}
  void on_vectors(embedding_reply reply) override { done_.set(std::move(reply)); }
  void on_failure(const llm::provider_error& problem) override {
    done_.fail(std::make_exception_ptr(llm::model_error(problem, model_)));
  }

 private:
  completion<embedding_reply> done_;
  std::string model_;
};

}  // namespace

http_embedding_model::http_embedding_model(model_endpoint endpoint, std::shared_ptr<llm::http_client> client)
    : endpoint_(std::move(endpoint)), client_(std::move(client)) {
  if (const result<void> valid = check_endpoint(endpoint_); !valid) throw valid.error();
}

task<std::vector<std::vector<float>>> http_embedding_model::embed(const std::vector<std::string>& texts) {
  std::vector<std::vector<float>> all;
  all.reserve(texts.size());
  for (std::size_t begin = 0; begin < texts.size(); begin += inputs_max) {
    const std::size_t end = std::min(begin + inputs_max, texts.size());
    embedding_request request;
    request.model = endpoint_.model;
    request.inputs.assign(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                          texts.begin() + static_cast<std::ptrdiff_t>(end));
    pending<embedding_reply> answer;
    const llm::model_call call = llm::model_call::start(
        *client_, endpoint_, request, std::make_shared<vectors_box>(answer.make_completion(), endpoint_.model));
    const llm::hang_up on_exit(call);
    embedding_reply reply = co_await answer;
    for (std::vector<float>& one : reply.vectors) all.push_back(std::move(one));
  }
  co_return all;
}

}  // namespace sage
