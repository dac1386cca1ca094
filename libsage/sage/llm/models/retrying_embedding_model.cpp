#include "sage/llm/models/retrying_embedding_model.hpp"

#include <optional>
#include <utility>

#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/models/call_facts.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage {

retrying_embedding_model::retrying_embedding_model(std::shared_ptr<embedding_model> inner,
                                                   llm::backoff_settings settings)
    : inner_(std::move(inner)), settings_(settings) {}

task<std::vector<std::vector<float>>> retrying_embedding_model::embed(const std::vector<std::string>& texts) {
  const functions::task_scope& scope = co_await functions::here();
  for (std::uint32_t retry = 0;; ++retry) {
    std::optional<nanoseconds> wait;
    try {
      std::vector<std::vector<float>> vectors = co_await inner_->embed(texts);
      co_return vectors;
    } catch (const llm::model_error& problem) {
      if (!problem.details().retryable) throw;
      std::optional<nanoseconds> asked;
      if (problem.details().retry_after_ms) asked = *problem.details().retry_after_ms * 1'000'000;
      wait = llm::backoff_delay(settings_, retry, llm::random_of(scope), asked);
      if (!wait) throw;
    }
    co_await sleep_for(std::chrono::nanoseconds(*wait));
  }
}

}  // namespace sage
