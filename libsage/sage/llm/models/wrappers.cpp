#include "sage/llm/models/wrappers.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "sage/functions/tasks/completion.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/llm/models/call_facts.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage {

namespace {

using llm::facts_of;
using llm::model_error;
using llm::provider_failure;

// Whether another model may do better. A key that one provider refuses is none of another's business; a request that
// makes no sense is.
bool is_for_another(const llm::provider_error& problem) {
  return problem.retryable || problem.failure == provider_failure::unauthorized;
}

class wrapper : public chat_model {
 public:
  explicit wrapper(chat_model_ref inner) : inner_(std::move(inner)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }

 protected:
  [[nodiscard]] chat_model& inner() const noexcept { return *inner_; }

 private:
  chat_model_ref inner_;
};

// Passes on what it sees of one try, and knows whether there is a way back.
class try_observer final : public chat_observer {
 public:
  explicit try_observer(chat_observer* to) noexcept : to_(to) {}
  void on_delta(const chat_delta& piece) override {
    has_shown_ = true;
    to_->on_delta(piece);
  }
  void on_restart() override { to_->on_restart(); }
  [[nodiscard]] bool takes_back() const override { return to_->takes_back(); }
  [[nodiscard]] bool is_full() const override { return to_->is_full(); }
  task<> room() override { return to_->room(); }

  [[nodiscard]] chat_observer* get() noexcept { return to_ ? this : nullptr; }
  [[nodiscard]] bool may_start_again() const { return !to_ || !has_shown_ || to_->takes_back(); }
  void start_again() {
    has_shown_ = false;
    if (to_) to_->on_restart();
  }

 private:
  chat_observer* to_;
  bool has_shown_ = false;
};

class limited final : public wrapper {
 public:
  limited(chat_model_ref inner, std::shared_ptr<llm::endpoint_gate> gate,
          std::shared_ptr<llm::estimating_tokenizer> tokens)
      : wrapper(std::move(inner)), gate_(std::move(gate)), tokens_(std::move(tokens)) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    const functions::task_scope& scope = co_await functions::here();
    const std::uint64_t input = llm::count_tokens(*tokens_, request);
    llm::endpoint_gate::pass pass(*gate_, std::string(facts_of(scope).tenant),
                                  input + llm::expected_output_tokens(request));
    co_await pass;
    llm::call_outcome outcome;
    try {
      chat_reply reply = co_await inner().chat(request, observer);
      outcome.tokens = reply.usage.tokens();
      if (!reply.usage.estimated) tokens_->observe(input, reply.usage.input_tokens);
      pass.settle(outcome);
      co_return reply;
    } catch (const model_error& problem) {
      const bool throttled = problem.details().failure == provider_failure::throttled;
      outcome.how = throttled ? llm::call_outcome::kind::throttled : llm::call_outcome::kind::failed;
      if (problem.details().retry_after_ms) outcome.retry_after = *problem.details().retry_after_ms * 1'000'000;
      pass.settle(outcome);
      throw;
    } catch (...) {
      outcome.how = llm::call_outcome::kind::failed;
      pass.settle(outcome);
      throw;
    }
  }

 private:
  std::shared_ptr<llm::endpoint_gate> gate_;
  std::shared_ptr<llm::estimating_tokenizer> tokens_;
};

class retrying final : public wrapper {
 public:
  retrying(chat_model_ref inner, llm::backoff_settings settings) : wrapper(std::move(inner)), settings_(settings) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    const functions::task_scope& scope = co_await functions::here();
    try_observer seen(observer);
    for (std::uint32_t retry = 0;; ++retry) {
      std::optional<nanoseconds> wait;
      try {
        chat_reply reply = co_await inner().chat(request, seen.get());
        co_return reply;
      } catch (const model_error& problem) {
        if (!problem.details().retryable || !seen.may_start_again()) throw;
        std::optional<nanoseconds> asked;
        if (problem.details().retry_after_ms) asked = *problem.details().retry_after_ms * 1'000'000;
        wait = llm::backoff_delay(settings_, retry, llm::random_of(scope), asked);
        if (!wait) throw;
      }
      seen.start_again();
      co_await sleep_for(std::chrono::nanoseconds(*wait));
    }
  }

 private:
  llm::backoff_settings settings_;
};

class breaking final : public wrapper {
 public:
  breaking(chat_model_ref inner, llm::breaker_settings settings) : wrapper(std::move(inner)), breaker_(settings) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    const functions::task_scope& scope = co_await functions::here();
    const clock& time = scope.loop().time();
    permission its(*this, ask(time.now()));
    try {
      chat_reply reply = co_await inner().chat(request, observer);
      its.end(true, time.now());
      co_return reply;
    } catch (const model_error& problem) {
      // A refused request says nothing against the endpoint, and one that was never sent says nothing at all.
      if (problem.details().failure != provider_failure::crowded) its.end(!problem.details().retryable, time.now());
      throw;
    }
  }

 private:
  // A call that is stopped has taught nothing.
  class permission {
   public:
    permission(breaking& owner, llm::circuit_breaker::permit its) noexcept : owner_(owner), its_(its) {}
    ~permission() {
      if (!is_over_) {
        const std::lock_guard lock(owner_.mutex_);
        owner_.breaker_.on_abandoned(its_);
      }
    }
    permission(const permission&) = delete;
    permission& operator=(const permission&) = delete;
    void end(bool ok, nanoseconds now) {
      const std::lock_guard lock(owner_.mutex_);
      is_over_ = true;
      ok ? owner_.breaker_.on_success(its_, now) : owner_.breaker_.on_failure(its_, now);
    }

   private:
    breaking& owner_;
    llm::circuit_breaker::permit its_;
    bool is_over_ = false;
  };

  llm::circuit_breaker::permit ask(nanoseconds now) {
    const std::lock_guard lock(mutex_);
    const llm::circuit_breaker::permit given = breaker_.ask(now);
    if (given.granted) return given;
    llm::provider_error open;
    open.failure = provider_failure::overloaded;
    open.retryable = true;
    open.retry_after_ms = std::max<std::int64_t>((breaker_.retry_at() - now) / 1'000'000, 1);
    open.message = "too many calls of this model fail: it is left alone for a while";
    throw model_error(std::move(open), std::string(name()));
  }

  std::mutex mutex_;
  llm::circuit_breaker breaker_;
};

class fallback final : public chat_model {
 public:
  explicit fallback(std::vector<chat_model_ref> models) : models_(std::move(models)) {
    if (models_.empty()) throw error(errc::invalid_argument, "a fallback of no models", "fallback_model");
  }
  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    try_observer seen(observer);
    for (std::size_t i = 0;; ++i) {
      try {
        chat_reply reply = co_await models_[i]->chat(request, seen.get());
        co_return reply;
      } catch (const model_error& problem) {
        const bool is_last = i + 1 == models_.size();
        if (is_last || !is_for_another(problem.details()) || !seen.may_start_again()) throw;
      }
      seen.start_again();
    }
  }
  [[nodiscard]] std::string_view name() const noexcept override { return models_.front()->name(); }

 private:
  std::vector<chat_model_ref> models_;
};

class hedged final : public wrapper {
 public:
  hedged(chat_model_ref first, chat_model_ref second, std::chrono::milliseconds wait)
      : wrapper(std::move(first)), second_(std::move(second)), wait_(wait) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    if (observer) {
      chat_reply only = co_await inner().chat(request, observer);
      co_return only;
    }
    pending<bool> failed;
    const completion<bool> fail = failed.make_completion();
    std::pair<std::size_t, tried> winner = co_await any(ask_first(request, fail), ask_second(request, failed));
    if (winner.second.problem) std::rethrow_exception(winner.second.problem);
    co_return std::move(*winner.second.reply);
  }

 private:
  // An answer, or a failure that no other model would do better: both end the race.
  struct tried {
    std::optional<chat_reply> reply;
    std::exception_ptr problem;
  };

  task<tried> ask_first(const chat_request& request, const completion<bool>& fail) {
    tried its;
    try {
      its.reply = co_await inner().chat(request, nullptr);
    } catch (const model_error& problem) {
      if (is_for_another(problem.details())) {
        fail.set(true);
        throw;
      }
      its.problem = std::current_exception();
    }
    co_return its;
  }
  task<tried> ask_second(const chat_request& request, const pending<bool>& failed) {
    try {
      co_await with_timeout(heard(failed), wait_);
    } catch (const error& late) {
      if (late.code() != errc::timeout) throw;
    }
    tried its;
    its.reply = co_await second_->chat(request, nullptr);
    co_return its;
  }
  static task<> heard(const pending<bool>& failed) { static_cast<void>(co_await failed); }

  chat_model_ref second_;
  std::chrono::milliseconds wait_;
};

class cached final : public wrapper {
 public:
  cached(chat_model_ref inner, llm::reply_cache_limits limits) : wrapper(std::move(inner)), cache_(limits) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    if (request.temperature.value_or(1) != 0) {
      chat_reply fresh = co_await inner().chat(request, observer);
      co_return fresh;
    }
    const functions::task_scope& scope = co_await functions::here();
    const std::string tenant(facts_of(scope).tenant);
    if (std::optional<chat_reply> known = find(request, tenant, scope.loop().time().now())) {
      if (observer) show(*known, *observer);
      co_return std::move(*known);
    }
    chat_reply reply = co_await inner().chat(request, observer);
    if (reply.finish == finish_reason::stop || reply.finish == finish_reason::tool_calls) {
      const std::lock_guard lock(mutex_);
      cache_.put(request, tenant, reply, scope.loop().time().now());
    }
    co_return reply;
  }

 private:
  std::optional<chat_reply> find(const chat_request& request, std::string_view tenant, nanoseconds now) {
    const std::lock_guard lock(mutex_);
    const chat_reply* const known = cache_.find(request, tenant, now);
    return known ? std::optional(*known) : std::nullopt;
  }
  static void show(const chat_reply& reply, chat_observer& observer) {
    chat_delta whole;
    whole.text = reply.text;
    for (std::size_t i = 0; i < reply.tool_calls.size(); ++i) {
      const chat_tool_call& call = reply.tool_calls[i];
      whole.tool_calls.push_back({static_cast<std::uint32_t>(i), call.id, call.name, call.arguments});
    }
    observer.on_delta(whole);
  }

  std::mutex mutex_;
  llm::reply_cache cache_;
};

}  // namespace

chat_model_ref limited_model(chat_model_ref inner, std::shared_ptr<llm::endpoint_gate> gate,
                             std::shared_ptr<llm::estimating_tokenizer> tokens) {
  return std::make_shared<limited>(std::move(inner), std::move(gate), std::move(tokens));
}
chat_model_ref retrying_model(chat_model_ref inner, llm::backoff_settings settings) {
  return std::make_shared<retrying>(std::move(inner), settings);
}
chat_model_ref breaking_model(chat_model_ref inner, llm::breaker_settings settings) {
  return std::make_shared<breaking>(std::move(inner), settings);
}
chat_model_ref fallback_model(std::vector<chat_model_ref> models) {
  return std::make_shared<fallback>(std::move(models));
}
chat_model_ref hedged_model(chat_model_ref first, chat_model_ref second, std::chrono::milliseconds wait) {
  return std::make_shared<hedged>(std::move(first), std::move(second), wait);
}
chat_model_ref cached_model(chat_model_ref inner, llm::reply_cache_limits limits) {
  return std::make_shared<cached>(std::move(inner), limits);
}

}  // namespace sage
