/// agent_operator: agents in a pipeline.
#pragma once

#include <any>
#include <memory>
#include <string>
#include <typeindex>
#include <utility>

#include "sage/agents/agent_function.hpp"
#include "sage/operators/async_map.hpp"

namespace sage {

/// A coroutine that is an agent: `task<Out> f(agent<State>&, In)`, or `task<> f(agent<State>&, In, emitter<Out>&)`
/// for one that streams its answers. The state is default-constructed for a new conversation and copied at the start
/// of a turn.
template <class F>
concept agent_coroutine = requires {
  typename agents::agent_traits<F>::state;
  requires std::default_initializable<typename agents::agent_traits<F>::state>;
  requires std::copyable<typename agents::agent_traits<F>::state>;
};

/// An operator on a keyed stream, for `keyed_stream::transform`: one turn of an agent per record. Turns of one key
/// (conversation) run one after another, those of others beside them.
///
/// Shape       keyed<K, In> -> Out; 1 -> 1, or 1 -> n for agents that stream
/// Emits       when a turn has ended (what a streaming one emits, at once); in order within a conversation
/// Holds back  when `capacity` turns run and `waiting_max` requests wait, or `waiting_per_key_max` of one
/// conversation Fails       by error policy; the state of a turn that failed or was stopped is as it was before
/// Snapshot    states and turn numbers of the conversations
template <agent_coroutine F>
class agent_definition {
  using traits = agents::agent_traits<F>;

 public:
  using input_type = typename traits::in;
  using output_type = typename traits::out;
  static constexpr bool waits = true;
  static constexpr bool one_to_one = !traits::streams;

  agent_definition(F agent, agent_options options)
      : agent_(std::move(agent)), options_(std::move(options)), others_(std::make_shared<agents::successors>()) {}

  /// Another agent, with the same state and streaming if this one does, to which this one (and others) may hand over
  /// by this name.
  template <agent_coroutine G>
  agent_definition& agent(std::string name, G other) {
    using other_traits = agents::agent_traits<G>;
    static_assert(std::is_same_v<typename other_traits::state, typename traits::state> &&
                      other_traits::streams == traits::streams,
                  "agents of one operator share the type of their state, and all of them stream, or none does");
    auto changed = std::make_shared<agents::successors>(*others_);
    changed->insert_or_assign(std::move(name),
                              agents::successor{typeid(typename other_traits::in), emits<other_traits>(),
                                                [other](agent_base& self, const void* record, void* out) {
                                                  return take_over<G>(other, self, record, out);
                                                }});
    others_ = std::move(changed);
    return *this;
  }
  agent_definition& with(std::shared_ptr<const agent_resources> resources) {
    options_.resources = std::move(resources);
    return *this;
  }

  /// For keyed_stream::transform.
  template <class Extract>
  [[nodiscard]] operators::operator_ptr make_operator(const Extract& extract, error_policy policy) const {
    using function = agents::agent_function<Extract, F>;
    constexpr operators::async_shape shape =
        traits::streams ? operators::async_shape::emitted : operators::async_shape::one;
    using op = operators::async_function_operator<input_type, output_type, Extract, function, shape>;
    async_options bounds;
    bounds.capacity = options_.capacity;
    bounds.timeout = options_.deadline;
    bounds.order = result_order::ordered_by_key;
    bounds.waiting_max = options_.waiting_max;
    bounds.waiting_per_key_max = options_.waiting_per_key_max;
    return std::make_unique<op>(extract, function(extract, agent_, options_, others_), bounds, policy);
  }

 private:
  template <class G>
  static task<std::any> take_over(G other, agent_base& self, const void* record, void* out) {
    using other_traits = agents::agent_traits<G>;
    auto& typed = static_cast<sage::agent<typename traits::state>&>(self);
    const auto& in = *static_cast<const typename other_traits::in*>(record);
    if constexpr (other_traits::streams) {
      co_await std::invoke(other, typed, in, *static_cast<emitter<typename other_traits::out>*>(out));
      co_return std::any();
    } else {
      typename other_traits::out answer = co_await std::invoke(other, typed, in);
      co_return std::any(std::move(answer));
    }
  }
  template <class Traits>
  static std::type_index emits() {
    if constexpr (Traits::streams) {
      return typeid(typename Traits::out);
    } else {
      return typeid(void);
    }
  }

  F agent_;
  agent_options options_;
  std::shared_ptr<const agents::successors> others_;
};

/// `requests.key_by(&request::conversation).transform("orders", sage::agent_operator(order_agent, {.capacity =
/// 256}))`
template <agent_coroutine F>
[[nodiscard]] agent_definition<std::decay_t<F>> agent_operator(F&& agent, agent_options options = {}) {
  return agent_definition<std::decay_t<F>>(std::forward<F>(agent), std::move(options));
}

}  // namespace sage
