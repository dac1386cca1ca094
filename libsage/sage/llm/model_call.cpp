#include "sage/llm/model_call.hpp"

#include <utility>

#include "sage/llm/answer_reader.hpp"

namespace sage::llm {

model_call model_call::start(http_client& client, const model_endpoint& endpoint, const chat_request& request,
                             answer_form form, std::shared_ptr<model_call_listener> listener) {
  if (auto fine = check_endpoint(endpoint); !fine) {
    listener->on_failure(invalid_request(fine.error()));
    return {};
  }
  auto http = dialect_of(endpoint.dialect).write_request(endpoint, request, form);
  if (!http) {
    listener->on_failure(invalid_request(http.error()));
    return {};
  }
  auto reader = std::make_shared<chat_answer_reader>(endpoint, client.time(), request, form, std::move(listener));
  return model_call(client.start(std::move(*http), std::move(reader)));
}

model_call model_call::start(http_client& client, const model_endpoint& endpoint, const embedding_request& request,
                             std::shared_ptr<embedding_call_listener> listener) {
  if (auto fine = check_endpoint(endpoint); !fine) {
    listener->on_failure(invalid_request(fine.error()));
    return {};
  }
  auto http = dialect_of(endpoint.dialect).write_request(endpoint, request);
  if (!http) {
    listener->on_failure(invalid_request(http.error()));
    return {};
  }
  auto reader = std::make_shared<embedding_answer_reader>(endpoint, client.time(), request, std::move(listener));
  return model_call(client.start(std::move(*http), std::move(reader)));
}

}  // namespace sage::llm
