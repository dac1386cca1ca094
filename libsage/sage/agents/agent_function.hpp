/// Runs one turn of an agent per record, on the state of the record's key.
#pragma once

#include <any>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "sage/agents/agent.hpp"
#include "sage/agents/agent_options.hpp"
#include "sage/agents/journal/kept_turn.hpp"
#include "sage/functions/tasks/emitter.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/operators/keyed_operator.hpp"

namespace sage::agents {

/// What the signature of an agent says: `task<Out> f(agent<State>&, In)`, or `task<> f(agent<State>&, In,
/// emitter<Out>&)`.
template <class Signature>
struct agent_signature {};
template <class Out, class State, class In>
struct agent_signature<task<Out>(agent<State>&, In)> {
  using state = State;
  using in = std::remove_cvref_t<In>;
  using out = Out;
  static constexpr bool streams = false;
};
template <class Out, class State, class In>
struct agent_signature<task<>(agent<State>&, In, emitter<Out>&)> {
  using state = State;
  using in = std::remove_cvref_t<In>;
  using out = Out;
  static constexpr bool streams = true;
};

template <class Member>
struct plain_signature {};
template <class R, class... Args>
struct plain_signature<R (*)(Args...)> {
  using type = R(Args...);
};
template <class R, class C, class... Args>
struct plain_signature<R (C::*)(Args...)> {
  using type = R(Args...);
};
template <class R, class C, class... Args>
struct plain_signature<R (C::*)(Args...) const> {
  using type = R(Args...);
};
template <class F>
using agent_traits = agent_signature<
    typename plain_signature<typename decltype(functions::signature_of<std::decay_t<F>>())::type>::type>;

/// The states of the conversations of one instance; the one idle longest is forgotten when there are too many.
template <class Key, class State>
class conversations {
 public:
  struct entry {
    State state;
    std::uint64_t turns = 0;
    bool in_use = false;
    bool is_new = true;  ///< it hasn't had a turn in this process
    typename std::list<const Key*>::iterator place;
  };
  explicit conversations(std::size_t max) : max_(max) {}

  [[nodiscard]] entry& begin_turn(Key key) {
    auto [found, is_new] = entries_.try_emplace(std::move(key));
    entry& its = found->second;
    if (is_new) {
      its.place = by_use_.insert(by_use_.end(), &found->first);
      forget_idle();
    } else {
      by_use_.splice(by_use_.end(), by_use_, its.place);
    }
    its.in_use = true;
    return its;
  }
  /// Nobody will ask for its state again.
  void forget(entry& its) noexcept {
    const auto place = its.place;
    entries_.erase(entries_.find(**place));
    by_use_.erase(place);
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  void forget_idle() {
    for (auto oldest = by_use_.begin(); entries_.size() > max_ && oldest != by_use_.end();) {
      const auto found = entries_.find(**oldest);
      if (found->second.in_use || found->second.place == std::prev(by_use_.end())) {
        ++oldest;
        continue;
      }
      oldest = by_use_.erase(oldest);
      entries_.erase(found);
    }
  }

  struct hash {
    std::size_t operator()(const Key& key) const noexcept { return stable_hash(key); }
  };
  std::size_t max_;
  std::unordered_map<Key, entry, hash> entries_;
  std::list<const Key*> by_use_;
};

/// The function behind an agent operator. One call per key at a time, so the states need no lock.
///
/// A request that is complete in itself has its own id as its key (chat_server): no other will have it, so its state
/// ends with its turn.
template <class Extract, class F>
class agent_function {
  using traits = agent_traits<F>;
  using State = typename traits::state;
  using In = typename traits::in;
  using Out = typename traits::out;
  using key = state::owned_key_t<operators::key_type_t<Extract, In>>;
  using states = conversations<key, State>;

 public:
  /// Why it can't be part of a checkpoint.
  static constexpr const char* forgets = "conversations of agents aren't part of it; a journal keeps them";

  agent_function(Extract extract, F agent, agent_options options, std::shared_ptr<const successors> others)
      : extract_(std::move(extract)),
        agent_(std::move(agent)),
        options_(std::move(options)),
        others_(std::move(others)),
        states_(std::make_shared<states>(options_.conversations_max)) {}
  agent_function(const agent_function& other)
      : agent_function(other.extract_, other.agent_, other.options_, other.others_) {}
  agent_function(agent_function&&) noexcept = default;

  void open(context& self) {
    uid_ = self.operator_uid();
    if (options_.journal && !is_kept) {
      throw error(errc::unsupported, "its turns can't be kept in a journal", self.place(),
                  "describe its state, records and answers with SAGE_DESCRIBE");
    }
  }

  task<Out> operator()(const In& record, context& surroundings) requires(!traits::streams) {
    const bool is_single = is_alone(record, surroundings);
    using_entry held(*states_, states_->begin_turn(key(std::invoke(extract_, record))), is_single);
    auto kept = keep_turn(record, surroundings, held.its());
    if (kept && kept->answer()) co_return answer_of(*kept);
    State working = held.its().state;
    performing_shell shell;
    turn current(shell, name_of(record), held.its().turns, kept != nullptr);
    if (kept) resume(current, *kept);
    agent<State> self(working, current, *resources(), *others_, surroundings, limits());
    Out answer = co_await std::invoke(agent_, self, record);
    if (kept) {
      pending<bool> settled;
      end_turn(*kept, held.its().turns + 1, !is_single, working, &answer, 1, settled);
      co_await settled;
    }
    held.keep(std::move(working));
    co_return answer;
  }
  task<> operator()(const In& record, emitter<Out>& out, context& surroundings) requires(traits::streams) {
    const bool is_single = is_alone(record, surroundings);
    using_entry held(*states_, states_->begin_turn(key(std::invoke(extract_, record))), is_single);
    auto kept = keep_turn(record, surroundings, held.its());
    if (kept && kept->answer()) {
      repeat(*kept, out);
      co_return;
    }
    State working = held.its().state;
    performing_shell shell;
    turn current(shell, name_of(record), held.its().turns, kept != nullptr);
    std::vector<Out> said;
    if (kept) {
      resume(current, *kept);
      out.copy_to(&said);
    }
    agent<State> self(working, current, *resources(), *others_, surroundings, limits());
    co_await std::invoke(agent_, self, record, out);
    if (kept) {
      out.copy_to(nullptr);
      pending<bool> settled;
      end_turn(*kept, held.its().turns + 1, !is_single, working, said.data(), said.size(), settled);
      co_await settled;
    }
    held.keep(std::move(working));
  }

  /// The records of turns that a crash has interrupted, of this instance's conversations.
  batch_ref recovered(context& self) {
    if constexpr (is_kept) {
      if (!options_.journal) return {};
      std::vector<In> records;
      for (const turn_begin& one : options_.journal->interrupted(uid_)) {
        In record = from_kept<In>(one.input);
        const std::uint64_t hash = stable_hash(key(std::invoke(extract_, record)));
        if (instance_of_group(key_group(hash), static_cast<std::uint32_t>(self.parallelism())) != self.instance())
          continue;
        interrupted_[one.name.conversation].push_back(one.name.request);
        records.push_back(std::move(record));
      }
      if (records.empty()) return {};
      auto made = batch<In>::make(self.pool(), records.size());
      for (In& one : records) made->emplace_back(std::move(one));
      return erase(std::move(made));
    } else {
      return {};
    }
  }

 private:
  static constexpr bool is_kept = encodable<State> && encodable<In> && encodable<Out>;

  // What the journal knows of the turn; null without one.
  std::unique_ptr<kept_turn> keep_turn(const In& record, const context& surroundings,
                                       typename states::entry& conversation) {
    if constexpr (is_kept) {
      if (!options_.journal) return nullptr;
      turn_name name{uid_, name_of(record), {}};
      if (std::exchange(conversation.is_new, false)) {
        if (const auto known = options_.journal->conversation(uid_, name.conversation)) {
          conversation.state = from_kept<State>(known->state);
          conversation.turns = known->turns;
        }
      }
      name.request = request_of(name.conversation, conversation.turns, surroundings);
      return std::make_unique<kept_turn>(options_.journal, std::move(name), to_kept(record));
    } else {
      return nullptr;
    }
  }
  std::string request_of(const std::string& conversation, std::uint64_t number, const context& surroundings) {
    if (const item_scope* const item = surroundings.item()) return item->request_id();
    const auto found = interrupted_.find(conversation);
    if (found == interrupted_.end()) return "turn-" + std::to_string(number);
    std::string request = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) interrupted_.erase(found);
    return request;
  }
  static void resume(turn& current, kept_turn& kept) {
    current.restore(kept.take_results());
    current.keep_with(kept);
  }
  static void end_turn(kept_turn& kept, std::uint64_t turns, bool remembers, const State& state, const Out* answers,
                       std::size_t count, const pending<bool>& settled) {
    if constexpr (is_kept) {
      std::vector<byte_string> packed;
      for (std::size_t i = 0; i < count; ++i) packed.push_back(to_kept(answers[i]));
      kept.end(turns, remembers, to_kept(state), std::move(packed), settled.make_completion());
    }
  }
  static Out answer_of(const kept_turn& kept) {
    if constexpr (is_kept) return from_kept<Out>(kept.answer()->answers.at(0));
    throw error(errc::internal, "an answer that can't be kept");
  }
  static void repeat(const kept_turn& kept, emitter<Out>& out) {
    if constexpr (is_kept) {
      for (const byte_string& one : kept.answer()->answers) out.push(from_kept<Out>(one));
    }
  }

  // Ends the use of a conversation's entry, however the turn ends.
  class using_entry {
   public:
    using_entry(states& all, typename states::entry& its, bool forgets) noexcept
        : all_(all), its_(its), forgets_(forgets) {}
    ~using_entry() {
      its_.in_use = false;
      if (forgets_) all_.forget(its_);
    }
    using_entry(const using_entry&) = delete;
    using_entry& operator=(const using_entry&) = delete;
    [[nodiscard]] typename states::entry& its() noexcept { return its_; }
    void keep(State&& working) {
      its_.state = std::move(working);
      ++its_.turns;
    }

   private:
    states& all_;
    typename states::entry& its_;
    bool forgets_;
  };

  // Whether the record's key is its request's own.
  [[nodiscard]] bool is_alone(const In& record, const context& surroundings) const {
    const auto& its = std::invoke(extract_, record);
    if constexpr (std::is_convertible_v<decltype(its), std::string_view>) {
      const item_scope* const item = surroundings.item();
      return item && item->conversation().empty() && std::string_view(its).ends_with(item->request_id());
    } else {
      return false;
    }
  }

  [[nodiscard]] std::string name_of(const In& record) const {
    const auto& its = std::invoke(extract_, record);
    if constexpr (std::is_convertible_v<decltype(its), std::string_view>) {
      return std::string(std::string_view(its));
    } else {
      return to_json(its);
    }
  }
  [[nodiscard]] const agent_resources* resources() const {
    static const agent_resources none;
    return options_.resources ? options_.resources.get() : &none;
  }
  [[nodiscard]] loop_limits limits() const noexcept {
    return {options_.steps_max, options_.tool_calls_max, options_.tokens_max, 2};
  }

  Extract extract_;
  F agent_;
  agent_options options_;
  std::shared_ptr<const successors> others_;
  std::shared_ptr<states> states_;
  std::string uid_;                                                       // of the operator
  std::unordered_map<std::string, std::deque<std::string>> interrupted_;  // requests by conversation
};

}  // namespace sage::agents
