/// Models that stand in front of another one. Each does one thing; put them around each other:
/// `retrying(limited(http))` waits in line for each try, `limited(retrying(http))` would keep its place between them.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sage/llm/chat_model.hpp"
#include "sage/llm/limits/backoff.hpp"
#include "sage/llm/limits/budget.hpp"
#include "sage/llm/limits/circuit_breaker.hpp"
#include "sage/llm/limits/reply_cache.hpp"
#include "sage/llm/models/endpoint_gate.hpp"
#include "sage/llm/tokenizer.hpp"

namespace sage {

using chat_model_ref = std::shared_ptr<chat_model>;

/// Sends every call through the endpoint's gate: concurrency, rates, fairness among tenants, and what 429 teaches.
/// Tells the tokenizer what the provider counted.
[[nodiscard]] chat_model_ref limited_model(chat_model_ref inner, std::shared_ptr<llm::endpoint_gate> gate,
                                           std::shared_ptr<llm::estimating_tokenizer> tokens);

/// Tries again what may succeed later, with jitter and as the provider's Retry-After says; an observer is told of the
/// restart. What an observer can't take back isn't tried again once it has seen something.
[[nodiscard]] chat_model_ref retrying_model(chat_model_ref inner, llm::backoff_settings settings = {});

/// Refuses calls while too many fail, and probes one by one. Refusals are retryable: a fallback behind takes over.
/// What a gate within didn't let wait is not held against the endpoint.
[[nodiscard]] chat_model_ref breaking_model(chat_model_ref inner, llm::breaker_settings settings = {});

/// Asks the models in order until one answers. What no other model would do better is not asked again.
[[nodiscard]] chat_model_ref fallback_model(std::vector<chat_model_ref> models);

/// Asks the second model too when the first hasn't answered after `wait` or has failed, and takes the first answer;
/// the other call is stopped. What no other model would do better is not asked again. For calls that nobody observes;
/// an observed one goes to the first model only.
[[nodiscard]] chat_model_ref hedged_model(chat_model_ref first, chat_model_ref second,
                                          std::chrono::milliseconds wait);

/// Answers what was asked exactly so before, for requests of temperature 0 (per tenant).
[[nodiscard]] chat_model_ref cached_model(chat_model_ref inner, llm::reply_cache_limits limits = {});

/// Budgets in memory, thread-safe.
class budget_port {
 public:
  explicit budget_port(const llm::budget_settings& settings) : budget_(settings) {}
  [[nodiscard]] result<llm::reservation_id> reserve(const llm::spender& who, std::uint64_t tokens, nanoseconds now) {
    const std::lock_guard lock(mutex_);
    return budget_.reserve(who, tokens, now);
  }
  void settle(llm::reservation_id id, std::uint64_t tokens) {
    const std::lock_guard lock(mutex_);
    budget_.settle(id, tokens);
  }
  void release(llm::reservation_id id) {
    const std::lock_guard lock(mutex_);
    budget_.release(id);
  }
  void set_tenant_limits(std::string_view tenant, const llm::budget_limits& limits) {
    const std::lock_guard lock(mutex_);
    budget_.set_tenant_limits(tenant, limits);
  }
  [[nodiscard]] llm::spending spent(llm::budget::level at, std::string_view name) const {
    const std::lock_guard lock(mutex_);
    return budget_.spent(at, name);
  }

 private:
  mutable std::mutex mutex_;
  llm::budget budget_;
};

/// Reserves tokens before a call and settles what it has used, also when it fails or is stopped after its answer has
/// begun: then by what an observer was shown, counted by `tokens`. What nothing was seen of is given back. Over a
/// budget the caller gets one clear refusal (errc::limit) and nobody else notices.
[[nodiscard]] chat_model_ref budgeted_model(chat_model_ref inner, std::shared_ptr<budget_port> budget,
                                            std::shared_ptr<llm::estimating_tokenizer> tokens);

}  // namespace sage
