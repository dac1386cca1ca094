/// aggregate: an accumulator per key; finals at the end of bounded input, or every update.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/table_emitter.hpp"
#include "sage/state/rows_snapshot.hpp"
#include "sage/state/state_limits.hpp"
#include "sage/state/stored_value.hpp"
#include "sage/state/value_bytes.hpp"

namespace sage {

/// A user's aggregate over records `T` of key `K`:
/// `accumulator` (default-constructible), `add(accumulator&, const T&)`, `result(const K&, accumulator&&)`, and
/// `merge(accumulator&, const accumulator&)` where partial results may be combined before a shuffle.
template <class F, class T, class K, class A = std::decay_t<F>>
concept aggregate_function = std::copy_constructible<A> && std::copy_constructible<typename A::accumulator> &&
    std::default_initializable<typename A::accumulator> &&
    requires(A& a, typename A::accumulator& acc, const T& record, const K& key) {
  a.add(acc, record);
  a.result(key, std::move(acc));
};
template <class A>
concept mergeable_aggregate = requires(A& a, typename A::accumulator& acc, const typename A::accumulator& other) {
  a.merge(acc, other);
};

/// When an aggregate speaks.
enum class emit_mode : std::uint8_t {
  finals,        ///< once per key, when its input has ended
  every_update,  ///< after each record, the running value
};
inline constexpr emit_mode every_update = emit_mode::every_update;
inline constexpr emit_mode finals = emit_mode::finals;

}  // namespace sage

namespace sage::operators {

template <class A, class K>
using aggregate_result_t = std::remove_cvref_t<decltype(std::declval<A&>().result(
    std::declval<const state::owned_key_t<K>&>(), std::declval<typename A::accumulator>()))>;

/// Groups records by key and folds each group into an accumulator.
///
/// Shape       keyed<K, T> -> R; n -> 1 per key, or 1 -> 1 with every_update
/// Emits       finals at the end of input in order of first appearance; or after every record
/// Holds back  never; memory O(keys)
/// Fails       by error policy, when `add` throws: the accumulator is as before that record
/// Completes   after end of all inputs
/// Items       finals end them, for a final is nobody's answer in particular; an update inherits that of its record
/// Limits      state_bytes_max: of accumulators; then `add` works on a copy
/// Cost        O(1) per record: one carried hash, one slot, one entry, fetched ahead
template <class T, class Extract, class A>
class aggregate_operator final : public keyed_operator<T, Extract, A> {
  using key = key_type_t<Extract, T>;
  using accumulator = typename A::accumulator;
  using result = aggregate_result_t<A, key>;
  using table_type = state::keyed_table<key, accumulator>;

 public:
  /// `entries_max` bounds the table of an operator that combines before a shuffle: when it is reached, everything
  /// is emitted and the table begins anew. 0 is without bound.
  aggregate_operator(Extract extract, A aggregate, error_policy policy, emit_mode mode,
                     const state::state_limits& limits = {}, std::size_t entries_max = 0)
      : keyed_operator<T, Extract, A>(std::move(extract), std::move(aggregate), policy),
        mode_(mode),
        account_(limits),
        entries_max_(entries_max) {}

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (can_be_written) return std::nullopt;
    if (entries_max_ > 0) return std::nullopt;  // it keeps nothing beyond a barrier
    return "its keys or accumulators can't be written: describe their types with SAGE_DESCRIBE";
  }
  /// What is only combined before a shuffle needn't be remembered.
  flow on_barrier(output& out) override { return entries_max_ > 0 ? emit_all(out) : flow::done; }
  void snapshot(state::snapshot_writer& to) override {
    if constexpr (can_be_written) {
      std::string name;
      std::string value;
      for (std::size_t at = 0; at < table_.end(); ++at) {
        name.clear();
        value.clear();
        append_msgpack(name, table_.at(at).key);
        state::append_stored(value, table_.at(at).value);
        to.put_row(state::row_table, table_.hash_at(at), name, value);
      }
    }
  }
  void restore(const state::snapshot_reader& from) override {
    if constexpr (can_be_written) {
      from.for_each_row(state::row_table, [&](std::string_view bytes, std::string_view value) {
        const auto known = state::key_of_row<state::owned_key_t<key>>(bytes, from);
        const std::size_t at = table_.find_or_insert(known, stable_hash(known), [] { return accumulator{}; });
        state::read_stored_bytes(value, table_.at(at).value);
        const std::size_t size = account_.is_limited() ? state::value_bytes(table_.at(at).value) : 0;
        if (account_.is_limited()) account_.change(0, size, size);
      });
    }
  }

 private:
  static constexpr bool can_be_written = encodable<state::owned_key_t<key>> && state::is_storable<accumulator>;

  flow process(output& out) override {
    if (emitter_.is_midway() || (entries_max_ > 0 && table_.size() >= entries_max_)) {
      if (emit_all(out) == flow::suspended) return flow::suspended;
    }
    if (this->cursor_ == 0) this->prepare_hashes();
    const batch<T>& in = this->template input<T>();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    if (mode_ == emit_mode::every_update) {
      add_and_tell(i);
      return flow::done;
    }
    const items_guard aggregated(*this, i, item_end_reason::aggregated);
    const std::size_t stop = this->stop_;
    const std::uint64_t* const hashes = this->hashes_;
    if (this->policy_.fails() && !account_.is_limited()) {
      this->fate_.passed += stop - i;
      for_each_looked_up(table_, hashes, i, stop, [&](std::size_t k, typename table_type::candidate known) {
        const std::size_t at =
            table_.find_or_insert(this->key_of(in[k]), hashes[k], known, [] { return accumulator{}; });
        this->function_.add(table_.at(at).value, in[k]);
      });
    } else {
      for (; i < stop; ++i) add_carefully(in[i], hashes[i]);
    }
    return flow::done;
  }

  void add_and_tell(std::size_t& i) {
    const batch<T>& in = this->template input<T>();
    const bool columns = this->has_columns();
    if (!updates_) updates_ = batch<result>::make(this->self_->pool(), in.size());
    for (const std::size_t stop = this->stop_; i < stop; ++i) {
      add_carefully(in[i], this->hashes_[i]);
      if (columns) this->hand_down(i, *updates_, updates_->size() - 1);
    }
  }

  // Adds to a copy, so that a record that throws changes nothing; the entry itself is new only if it succeeded.
  void add_carefully(const T& record, std::uint64_t hash) {
    decltype(auto) key_of_record = this->key_of(record);
    const std::size_t at = table_.find(key_of_record, hash);
    accumulator next = at == table_type::absent ? accumulator{} : table_.at(at).value;
    const std::size_t before = at == table_type::absent || !account_.is_limited() ? 0 : state::value_bytes(next);
    this->function_.add(next, record);
    if (account_.is_limited()) account_.change(before, state::value_bytes(next), state::value_bytes(next));
    if (mode_ == emit_mode::every_update) {
      result update = this->function_.result(state::owned_key_t<key>(key_of_record), accumulator(next));
      updates_->emplace_back(std::move(update));
    }
    if (at == table_type::absent) {
      table_.find_or_insert(key_of_record, hash, [&] { return std::move(next); });
    } else {
      table_.at(at).value = std::move(next);
    }
    ++this->fate_.passed;
  }

  void finish_batch(output& out) override {
    if (updates_ && !updates_->empty()) out.emit(main_port, erase(std::move(updates_)));
    updates_.reset();
  }

  flow finish_input(output& out) override {
    if (mode_ == emit_mode::every_update) return flow::done;
    return emit_all(out);
  }
  // The rest of what a barrier made it let go of.
  flow continue_time(output& out) override { return emitter_.is_midway() ? emit_all(out) : flow::done; }

  flow emit_all(output& out) {
    return emitter_.emit(table_, *this->self_, out, [this](auto& entry) {
      return this->function_.result(std::as_const(entry.key), std::move(entry.value));
    });
  }

  emit_mode mode_;
  state::byte_account account_;
  std::size_t entries_max_;
  table_type table_;
  ref<batch<result>> updates_;
  table_emitter<result> emitter_;
};

}  // namespace sage::operators
