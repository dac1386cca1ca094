/// What an agent's coroutine sees: its state, and everything that it may do, through `self`.
///
///     sage::task<answer> order_agent(sage::agent<shop_state>& self, request in) {
///       self.state().history.add_user(in.text);
///       auto reply = co_await self.chat("main").prompt("order").messages(self.state().history).tools(find_order);
///       co_return answer{reply.text};
///     }
#pragma once

#include <any>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <typeindex>
#include <utility>

#include "sage/agents/chat_call.hpp"
#include "sage/agents/resources.hpp"
#include "sage/agents/stop_guard.hpp"
#include "sage/agents/turn/effect_awaiter.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/emitter.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage {

namespace agents {

template <class R>
struct value_of_call {
  using type = R;
};
template <class R>
struct value_of_call<task<R>> {
  using type = R;
};

/// Makes the task that performs a call: the user's own, or one that runs the user's function where it may block.
template <class F>
class perform_call {
 public:
  using returned = std::invoke_result_t<F&>;
  using value = typename value_of_call<returned>::type;
  explicit perform_call(F& function) noexcept : function_(&function) {}
  task<value> operator()() const {
    if constexpr (is_task<returned>) {
      return std::invoke(*function_);
    } else {
      return block(*function_);
    }
  }

 private:
  static task<value> block(F& function) {
    if constexpr (std::is_void_v<value>) {
      co_await run_blocking(function);
    } else {
      value made = co_await run_blocking(function);
      co_return made;
    }
  }
  F* function_;
};

/// What an agent hands a conversation over to, by name. The records are checked by type. One that streams puts its
/// answer into `out`, an emitter<emits>, and returns nothing; the others have void for `emits`.
struct successor {
  std::type_index in;
  std::type_index emits;
  std::function<task<std::any>(agent_base& self, const void* record, void* out)> call;
};
using successors = std::map<std::string, successor, std::less<>>;

}  // namespace agents

/// What `self.effect(...)` returns.
template <class F>
class effect_call {
  using perform = agents::perform_call<std::remove_reference_t<F>>;

 public:
  effect_call(agents::turn& its, std::string name, std::string key, F&& function)
      : turn_(&its), name_(std::move(name)), key_(std::move(key)), function_(std::forward<F>(function)) {}
  auto operator co_await() {
    return agents::effect_awaiter<typename perform::value, perform>(*turn_, effect_kind::call, std::move(name_),
                                                                    std::move(key_), perform(function_));
  }

 private:
  agents::turn* turn_;
  std::string name_;
  std::string key_;
  F function_;  // a reference to what has a name
};

/// The answer of the agent that took over: becomes whatever it has returned.
class handed_over {
 public:
  explicit handed_over(std::any answer) noexcept : answer_(std::move(answer)) {}
  template <class T>
  operator T() && {  // NOLINT: the agent that hands over returns what its successor does
    T* const its = std::any_cast<T>(&answer_);
    if (!its) throw error(errc::invalid_argument, "the agent that took over returns another type", "hand_off");
    return std::move(*its);
  }

 private:
  std::any answer_;
};

/// The part of `self` that doesn't depend on the state.
///
/// Law  an agent depends on nothing but its input, its state and what comes through here, so the same turn with the
/// same
///      results does the same again
class agent_base {
 public:
  agent_base(agents::turn& its, const agent_resources& resources, const agents::successors& others,
             context& surroundings, agents::loop_limits limits)
      : turn_(&its), resources_(&resources), others_(&others), surroundings_(&surroundings), limits_(limits) {}
  agent_base(const agent_base&) = delete;
  agent_base& operator=(const agent_base&) = delete;

  [[nodiscard]] const std::string& conversation() const noexcept { return turn_->conversation(); }
  /// How many turns this conversation had before, from 0.
  [[nodiscard]] std::uint64_t turn() const noexcept { return turn_->number(); }

  /// A chat with the named model: `auto reply = co_await self.chat("main").user("hello");`
  [[nodiscard]] chat_call chat(std::string model) { return chat_call(*this, std::move(model), limits_); }

  /// Acts on the world once per name and key in a turn: `function()` returns a value or a task; a plain function may
  /// block. `auto send = [&] { return send_mail(in.user, text); }; auto receipt = co_await self.effect("mail", in.id,
  /// send);`
  template <class Key, named_or_trivial_function F>
  [[nodiscard]] effect_call<F> effect(std::string name, const Key& key, F&& function) {
    return effect_call<F>(*turn_, std::move(name), text_of_key(key), std::forward<F>(function));
  }

  /// Lets another agent of the same operator answer: `co_return co_await self.hand_off("refund", in);` The record
  /// outlives the call.
  template <class In>
  [[nodiscard]] task<handed_over> hand_off(std::string name, const In& record) {
    const agents::successor& other = find_successor(name, typeid(In), typeid(void));
    std::any answer = co_await other.call(*this, &record, nullptr);
    co_return handed_over(std::move(answer));
  }
  /// The same among agents that stream: `co_await self.hand_off("refund", in, out);`
  template <class In, class Out>
  [[nodiscard]] task<> hand_off(std::string name, const In& record, emitter<Out>& out) {
    const agents::successor& other = find_successor(name, typeid(In), typeid(Out));
    co_await other.call(*this, &record, &out);
  }

  /// Sleeps on the clock port; a turn that is restored does not sleep again.
  template <class Rep, class Period>
  [[nodiscard]] task<> sleep_for(std::chrono::duration<Rep, Period> wait) {
    return sleep(functions::to_nanoseconds(wait));
  }
  /// Milliseconds since the Unix epoch, the same again in a restored turn.
  [[nodiscard]] task<std::int64_t> wall_ms();
  /// 64 random bits, the same again in a restored turn.
  [[nodiscard]] task<std::uint64_t> random();

  [[nodiscard]] const agent_resources& resources() const noexcept { return *resources_; }
  /// The surroundings of this call: its item, its operator, the clock.
  [[nodiscard]] context& surroundings() const noexcept { return *surroundings_; }
  [[nodiscard]] agents::turn& its_turn() const noexcept { return *turn_; }

 protected:
  ~agent_base() = default;

 private:
  template <class Key>
  static std::string text_of_key(const Key& key) {
    if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
      return std::string(std::string_view(key));
    } else {
      return to_json(key);
    }
  }
  [[nodiscard]] task<> sleep(nanoseconds wait);
  [[nodiscard]] const agents::successor& find_successor(const std::string& name, std::type_index in,
                                                        std::type_index emits) const;

  agents::turn* turn_;
  const agent_resources* resources_;
  const agents::successors* others_;
  context* surroundings_;
  agents::loop_limits limits_;
};

/// `self` of an agent with the state `State`: the state of its conversation, which is kept when the turn succeeds and
/// is as it was when it fails.
template <class State>
class agent final : public agent_base {
 public:
  using state_type = State;
  agent(State& state, agents::turn& its, const agent_resources& resources, const agents::successors& others,
        context& surroundings, agents::loop_limits limits)
      : agent_base(its, resources, others, surroundings, limits), state_(&state) {}

  [[nodiscard]] State& state() noexcept { return *state_; }

 private:
  State* state_;
};

}  // namespace sage
