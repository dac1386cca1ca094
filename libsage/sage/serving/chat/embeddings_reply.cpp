#include "sage/serving/chat/embeddings_reply.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sage/llm/tokenizer.hpp"
#include "sage/serving/chat/chat_service.hpp"
#include "sage/serving/item_problem.hpp"

namespace sage::serving {

namespace {

constexpr int client_gone = 499;  // for logs: what proxies call a client that didn't wait

}  // namespace

embeddings_reply::embeddings_reply(std::weak_ptr<chat_service> service, request_record request,
                                   std::shared_ptr<response_stream> to, embeddings_request wanted)
    : service_(std::move(service)), request_(std::move(request)), to_(std::move(to)), wanted_(std::move(wanted)) {}

void embeddings_reply::on_vectors(const std::vector<std::vector<float>>& vectors) {
  // The port of embedding models says nothing of usage.
  const llm::estimating_tokenizer tokens_of;
  std::uint64_t tokens = 0;
  for (const std::string& text : wanted_.inputs) tokens += tokens_of.count(text);
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  if (const auto problem = check(vectors)) {
    to_->fail(*problem);
    end(problem->status, tokens);
    return;
  }
  to_->send(200, {{"Content-Type", "application/json"}, {"X-Request-Id", request_.id}},
            render_embeddings(wanted_, wanted_.model, vectors, tokens));
  end(200, tokens);
}

// What a model of the user's own may get wrong, and how many numbers the client wanted.
std::optional<http_problem> embeddings_reply::check(const std::vector<std::vector<float>>& vectors) const {
  if (vectors.size() != wanted_.inputs.size()) {
    return refusal(502, "model_failed",
                   "the model gave " + std::to_string(vectors.size()) + " vectors for " +
                       std::to_string(wanted_.inputs.size()) + " texts");
  }
  for (const std::vector<float>& one : vectors) {
    if (!std::all_of(one.begin(), one.end(), [](float number) { return std::isfinite(number); })) {
      return refusal(502, "model_failed", "the model gave a vector with something in it that is no number");
    }
    if (wanted_.dimensions && one.size() != *wanted_.dimensions) {
      http_problem problem = refusal(400, "unsupported_parameter",
                                     "'dimensions' can only be " + std::to_string(one.size()) + " with this model");
      problem.param = "dimensions";
      return problem;
    }
  }
  return std::nullopt;
}

void embeddings_reply::on_unanswered(const item_end& end_of_item) noexcept {
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  const http_problem problem = problem_of(end_of_item);
  to_->fail(problem);
  end(problem.status, 0);
}

void embeddings_reply::attach(item_scope& item) noexcept {
  const std::lock_guard lock(mutex_);
  item_ = &item;
}

void embeddings_reply::on_gone() noexcept {
  const std::lock_guard lock(mutex_);
  if (!is_over_ && item_) item_->stop(stop_reason::client);
}

void embeddings_reply::end(int status, std::uint64_t tokens) {
  is_over_ = true;
  item_ = nullptr;
  if (to_->is_gone()) status = client_gone;
  if (const auto service = service_.lock()) service->on_embeddings_end(request_, status, tokens);
}

}  // namespace sage::serving
