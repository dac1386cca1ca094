/// A chat model of a provider, over HTTP.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sage/functions/span_scope.hpp"
#include "sage/functions/tasks/task_loop.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/llm/http/http_client.hpp"

namespace sage {

/// Speaks the endpoint's dialect. Streams when somebody observes; the provider is held back while the observer is
/// full. Stopping a call closes its connection.
///
/// Fails  with llm::model_error; errc::configuration from the constructor for an endpoint that can't be meant
class http_chat_model final : public chat_model {
 public:
  http_chat_model(model_endpoint endpoint, std::shared_ptr<llm::http_client> client);

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override;
  [[nodiscard]] std::string_view name() const noexcept override { return endpoint_.model; }

 private:
  [[nodiscard]] model_endpoint traced(const functions::span_scope& span, const functions::task_scope& scope) const;

  model_endpoint endpoint_;
  std::shared_ptr<llm::http_client> client_;
};

}  // namespace sage
