/// How a coroutine waits for an effect.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sage/agents/turn/turn.hpp"
#include "sage/functions/tasks/branch.hpp"
#include "sage/functions/tasks/completion.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/functions/tasks/waiting.hpp"
#include "sage/model/json.hpp"

namespace sage::agents {

/// Whether results of type `R` can be written down and read again.
template <class R>
inline constexpr bool recordable = std::is_void_v<R> || encodable<functions::value_or_nothing<R>>;

/// Waits for one effect: finds its recorded result, or asks for it. `Make` is a callable that returns the `task<R>`
/// which performs it; it is called only if the effect is performed here, with the key by which the outside recognises
/// the effect where it takes one.
template <class R, class Make>
class effect_awaiter final : public functions::task_wait, public functions::branch_parent, public pending_effect {
 public:
  effect_awaiter(turn& its, effect_kind kind, std::string name, std::string key, Make make)
      : turn_(its), kind_(kind), name_(std::move(name)), key_(std::move(key)), make_(std::move(make)) {}
  ~effect_awaiter() {
    if (waits_) turn_.end(*this);
    functions::branch<R>::retire(std::move(branch_));
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <functions::sage_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiter) {
    suspend(waiter.promise());
    pending_effect::name(waiter.promise().scope().next_step(), kind_, std::move(name_), std::move(key_));
    if (const recorded_effect* known = turn_.find(*this)) {
      read(*known);
      return false;
    }
    waits_ = true;
    turn_.begin(*this);
    return true;
  }
  R await_resume() {
    if (std::exchange(waits_, false)) turn_.end(*this);
    if (branch_) {
      if (branch_->failed()) {
        problem_ = branch_->problem();
      } else {
        value_.emplace(functions::take_value(*branch_));
      }
      functions::branch<R>::retire(std::move(branch_));  // blocking code that it has given up may still run below it
      if (turn_.keeps_results() && !turn_.recorder()) write();
    }
    if (problem_) std::rethrow_exception(problem_);
    if constexpr (!std::is_void_v<R>) return std::move(*value_);
  }

  void perform() override {
    turn_recorder* const recorder = turn_.recorder();
    branch_ = std::make_unique<functions::branch<R>>(recorder ? perform_recorded(*recorder) : make({}), 0, *this);
    branch_->start(who().scope(), false);
  }
  void resume(const recorded_effect& result) override {
    read(result);
    if (turn_.keeps_results()) turn_.record(*this, result.failed, result.value);
    if (std::exchange(waits_, false)) turn_.end(*this);
    go_on();
  }
  void on_branch_end(std::size_t) noexcept override { go_on(); }

 private:
  task<R> make(std::string key) {
    if constexpr (std::is_invocable_v<Make&, std::string>) {
      return make_(std::move(key));
    } else {
      static_cast<void>(key);
      return make_();
    }
  }

  // Whoever acts on the world says so first; whatever came of it is on the disk before anybody goes on with it.
  task<R> perform_recorded(turn_recorder& recorder) {
    if (kind() == effect_kind::tool || kind() == effect_kind::call) {
      pending<bool> intended;
      recorder.intend(*this, intended.make_completion());
      co_await intended;
    }
    std::exception_ptr problem;
    std::optional<functions::value_or_nothing<R>> value;
    try {
      task<R> work = make(recorder.key_of(*this));
      if constexpr (std::is_void_v<R>) {
        co_await work;
        value.emplace();
      } else {
        R made = co_await work;
        value.emplace(std::move(made));
      }
    } catch (...) {
      problem = std::current_exception();
    }
    const recorded_effect came{
        path(), kind(), name(), key(), problem != nullptr, problem ? text_of(problem) : text_of_value(*value)};
    pending<bool> settled;
    recorder.settle(came, settled.make_completion());
    co_await settled;
    turn_.record(*this, came.failed, came.value);
    if (problem) std::rethrow_exception(problem);
    if constexpr (!std::is_void_v<R>) co_return std::move(*value);
  }
  std::string text_of_value(const functions::value_or_nothing<R>& value) const {
    if constexpr (std::is_void_v<R>) {
      return "null";
    } else if constexpr (recordable<R>) {
      return to_json(value);
    } else {
      throw error(errc::unsupported, "the result of '" + name() + "' can't be kept: its type has no SAGE_DESCRIBE");
    }
  }

  void read(const recorded_effect& known) {
    if (known.failed) {
      problem_ = problem_of(known);
    } else if constexpr (std::is_void_v<R>) {
      value_.emplace();
    } else if constexpr (recordable<R>) {
      result<R> value = from_json<R>(known.value);
      if (!value) throw value.error();
      value_.emplace(std::move(*value));
    } else {
      throw error(errc::unsupported,
                  "the result of '" + name() + "' can't be read again: its type has no SAGE_DESCRIBE");
    }
  }
  void write() {
    if (problem_) {
      turn_.record(*this, true, text_of(problem_));
    } else {
      turn_.record(*this, false, text_of_value(*value_));
    }
  }

  turn& turn_;
  effect_kind kind_;
  std::string name_;
  std::string key_;
  Make make_;
  bool waits_ = false;
  std::unique_ptr<functions::branch<R>> branch_;
  std::optional<functions::value_or_nothing<R>> value_;
  std::exception_ptr problem_;
};

}  // namespace sage::agents
