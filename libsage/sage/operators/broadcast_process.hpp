/// process on a keyed stream that is connected to a broadcast one: records meet rules.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "sage/operators/connected.hpp"

namespace sage::operators {

/// What every instance keeps of the broadcast stream, with an undo copy for the record law.
template <class S, class B>
class broadcast_scope {
 public:
  broadcast_scope(S& value, state::keyed_store& store) : value_(&value), store_(&store) {}
  void begin_batch(batch<B>&) noexcept {}
  void end_batch() noexcept {}
  [[nodiscard]] bool is_checked() const noexcept { return false; }
  void begin_record(const B&, std::size_t, bool undoable) {
    store_->begin_record(state::no_row, undoable);
    if (undoable) saved_ = *value_;
  }
  void commit() noexcept {
    store_->commit();
    saved_.reset();
  }
  void rollback() noexcept {
    store_->rollback();
    if (saved_) *value_ = std::move(*saved_);
    saved_.reset();
  }

 private:
  S* value_;
  state::keyed_store* store_;
  std::optional<S> saved_;
};

template <class F, class S>
struct record_call {
  F* f;
  const S* known;
  template <class R, class Out>
  requires requires(F& g, R&& r, const S& s, collector<Out>& o) {
    g.on_record(std::forward<R>(r), s, o);
  } || requires(F& g, R&& r, const S& s, collector<Out>& o, context& c) {
    g.on_record(std::forward<R>(r), s, o, c);
  }
  void operator()(R&& record, collector<Out>& out, context& self) const {
    if constexpr (requires { f->on_record(std::forward<R>(record), *known, out); }) {
      f->on_record(std::forward<R>(record), *known, out);
    } else {
      f->on_record(std::forward<R>(record), *known, out, self);
    }
  }
};
template <class F, class S>
struct rule_call {
  F* f;
  S* known;
  template <class R, class Out>
  requires requires(F& g, R&& r, S& s) {
    g.on_broadcast(std::forward<R>(r), s);
  } || requires(F& g, R&& r, S& s, context& c) {
    g.on_broadcast(std::forward<R>(r), s, c);
  }
  void operator()(R&& rule, collector<Out>&, context& self) const {
    if constexpr (requires { f->on_broadcast(std::forward<R>(rule), *known); }) {
      f->on_broadcast(std::forward<R>(rule), *known);
    } else {
      f->on_broadcast(std::forward<R>(rule), *known, self);
    }
  }
};

/// Gives every instance all of a broadcast stream, and each record of a keyed one what is known of it so far.
///
/// Shape       keyed<K, A>, B -> U; 1 -> 0..n for A, none for B
/// Emits       full batches as they fill, the rest at the end of the input batch; in order
/// Holds back  while its output has no credit
/// Fails       by error policy; outputs and state changes of a call that threw are undone
/// Items       each result inherits that of its record; a rule ends its item
/// Snapshot    the broadcast state and the states declared in `open`
/// Cost        as process; an undo copy of the broadcast state per rule unless the policy is fail
/// Source      the broadcast state pattern of Apache Flink
template <class A, class Extract, class B, class Out, class F>
class broadcast_process_operator final : public several_inputs {
  using known_type = typename F::broadcast_state;
  using key_type = key_type_t<Extract, A>;
  using rows_type = state_rows<key_type>;

 public:
  broadcast_process_operator(Extract extract, F function, error_policy policy, const state::state_limits& limits,
                             std::vector<functions::side_port> sides)
      : function_(std::move(function)),
        sides_(std::move(sides)),
        rows_(limits),
        records_(key_scope<A, Extract, rows_type>(std::move(extract), rows_),
                 record_call<F, known_type>{&function_, &known_}, policy),
        rules_(broadcast_scope<known_type, B>(known_, rows_.store()), rule_call<F, known_type>{&function_, &known_},
               policy) {
    add_half(records_);
    add_half(rules_);
  }

  void open(context& self) override {
    rows_.open(self, false);
    several_inputs::open(self);
    self.set_side_outputs(&sides_);
    functions::open(function_, self);
    if (sides_.slots().empty()) return;
    records_.share_side_outputs(sides_);
    rules_.share_side_outputs(sides_);
  }
  void close() override { functions::close(function_); }
  [[nodiscard]] state_size state_size_now() const noexcept override { return rows_.size_now(); }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (!state::is_storable<known_type>) {
      return "what it keeps of the broadcast stream can't be written: describe its type with SAGE_DESCRIBE";
    }
    return rows_.snapshot_problem();
  }
  void snapshot(state::snapshot_writer& to) override {
    rows_.snapshot(to);
    if constexpr (state::is_storable<known_type>) {
      std::string bytes;
      state::append_stored(bytes, known_);
      to.put("broadcast", bytes);
    }
  }
  // Every instance has heard the same; one that is new takes what any of them knew.
  void restore(const state::snapshot_reader& from) override {
    rows_.restore(from);
    if constexpr (state::is_storable<known_type>) {
      const auto own = from.get("broadcast");
      const auto all = from.get_all("broadcast");
      if (own || !all.empty()) state::read_stored_bytes(own ? *own : all.front(), known_);
    }
  }

 private:
  F function_;
  functions::side_outputs sides_;
  known_type known_{};
  rows_type rows_;
  input_half<A, Out, key_scope<A, Extract, rows_type>, record_call<F, known_type>> records_;
  input_half<B, Out, broadcast_scope<known_type, B>, rule_call<F, known_type>> rules_;
};

}  // namespace sage::operators
