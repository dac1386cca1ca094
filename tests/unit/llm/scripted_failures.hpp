/// What tests of models have in common: failures of a provider, and calls on somebody's behalf.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sage/functions/tasks/task.hpp"
#include "sage/llm/models/model_error.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "sage/testing/task_runner.hpp"

namespace sage::test {

[[nodiscard]] inline llm::provider_error problem_of(llm::provider_failure failure, bool retryable,
                                                    std::optional<std::int64_t> retry_after_ms = {}) {
  llm::provider_error problem;
  problem.failure = failure;
  problem.retryable = retryable;
  problem.retry_after_ms = retry_after_ms;
  problem.message = std::string(to_string(failure)) + " by the script";
  return problem;
}
[[nodiscard]] inline llm::provider_error overloaded() {
  return problem_of(llm::provider_failure::overloaded, true);
}
[[nodiscard]] inline llm::provider_error refused() {
  return problem_of(llm::provider_failure::refused, false);
}

[[nodiscard]] inline testing::scripted_call says(std::string text, std::chrono::milliseconds delay = {}) {
  testing::scripted_call call;
  call.text = std::move(text);
  call.delay = delay;
  return call;
}
[[nodiscard]] inline testing::scripted_call fails(llm::provider_error problem, std::chrono::milliseconds delay = {}) {
  testing::scripted_call call;
  call.problem = std::move(problem);
  call.delay = delay;
  return call;
}

[[nodiscard]] inline chat_request asking(std::string text, std::optional<double> temperature = {}) {
  chat_request request;
  request.messages = {{chat_role::user, std::move(text), {}, {}, {}, {}}};
  request.temperature = temperature;
  return request;
}

/// The text of the model's answer to `text`.
[[nodiscard]] inline task<std::string> ask(chat_model& model, std::string text, chat_observer* observer = nullptr,
                                           std::optional<double> temperature = {}) {
  const chat_request request = asking(std::move(text), temperature);
  chat_reply reply = co_await model.chat(request, observer);
  co_return reply.text;
}

/// The surroundings of calls for one item.
class requester {
 public:
  requester(testing::task_runner& runner, std::string item, std::string conversation, std::string tenant,
            std::uint64_t seed = 1)
      : its_("test", "agent", 0, 1, 1, runner.time(), batch_pool::make(), seed) {
    item_settings settings;
    settings.request_id = std::move(item);
    settings.conversation = std::move(conversation);
    settings.tenant = std::move(tenant);
    item_ = item_scope::make(std::move(settings));
    its_.set_item(item_.get());
  }
  requester(testing::task_runner& runner, std::string tenant) : requester(runner, "", "", std::move(tenant)) {}
  [[nodiscard]] context* self() noexcept { return &its_; }

 private:
  context its_;
  ref<item_scope> item_;
};

/// Keeps what it is shown.
class keeping_observer final : public chat_observer {
 public:
  void on_delta(const chat_delta& piece) override {
    text += piece.text;
    ++pieces;
  }
  void on_restart() override {
    text.clear();
    ++restarts;
  }
  std::string text;
  std::size_t pieces = 0;
  std::size_t restarts = 0;
};

}  // namespace sage::test
