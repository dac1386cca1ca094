/// The rows of operators whose functions keep keyed state: found by key, given back when they hold nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sage/functions/context.hpp"
#include "sage/functions/timers.hpp"
#include "sage/operators/operator.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/keyed_store.hpp"
#include "sage/state/rows_snapshot.hpp"

namespace sage::operators {

struct nothing {};

/// One row per key that has state or timers, in memory or beyond; the columns of the states; the timers, if there are
/// any. Keys without either are looked for whenever there are twice as many keys: O(1) per key that came.
template <class K>
class state_rows {
 public:
  using rows_type = state::keyed_rows<K, nothing>;
  using table_type = typename rows_type::table_type;

  static constexpr typename table_type::candidate no_candidate = table_type::no_candidate;

  explicit state_rows(const state::state_limits& limits) { store_.set_limits(limits); }

  /// Before the user's `open`: state can be declared from now on.
  void open(context& self, bool with_timers) {
    store_.allow_lost_state(self.may_lose_state());
    self.set_keyed_state(&store_);
    if (with_timers) self.set_timers(&timers_.emplace(store_, self.time()));
    if (self.is_checkpointed()) store_.must_be_written();
    if (!self.state_backend()) return;
    store_.must_be_written();
    rows_.spill_to(self.state_backend(), store_, self.operator_name(), self.instance());
    if (timers_) timers_->spill_to(*rows_.spill());
  }

  [[nodiscard]] table_type& table() noexcept { return rows_.table(); }
  [[nodiscard]] const table_type& table() const noexcept { return rows_.table(); }
  [[nodiscard]] state::keyed_store& store() noexcept { return store_; }
  [[nodiscard]] const state::keyed_store& store() const noexcept { return store_; }
  [[nodiscard]] std::optional<timer_service>& timers() noexcept { return timers_; }
  [[nodiscard]] const std::optional<timer_service>& timers() const noexcept { return timers_; }
  [[nodiscard]] state_size size_now() const noexcept {
    return {rows_.rows(), store_.bytes() + rows_.table().bytes()};
  }

  // ---- checkpoints

  [[nodiscard]] std::optional<std::string> snapshot_problem() const {
    if constexpr (!encodable<typename rows_type::key_type>) {
      return "its keys can't be written: describe their type with SAGE_DESCRIBE";
    }
    return std::nullopt;
  }
  void snapshot(state::snapshot_writer& to) {
    state::snapshot_rows(rows_, store_, to);
    if (!timers_) return;
    state::snapshot_timers(rows_, timers_->of_events(), state::event_timer_table, to);
    state::snapshot_timers(rows_, timers_->of_processing(), state::wall_timer_table, to);
  }
  void restore(const state::snapshot_reader& from) {
    state::restore_rows(rows_, store_, from, [](std::size_t) {});
    if (!timers_) return;
    state::restore_timers(rows_, timers_->of_events(), state::event_timer_table, from);
    state::restore_timers(rows_, timers_->of_processing(), state::wall_timer_table, from);
  }

  /// See keyed_rows::fetch.
  template <class KeyOf>
  std::size_t fetch(std::size_t begin, std::size_t end, const std::uint64_t* hashes, const KeyOf& key_of) {
    return rows_.fetch(begin, end, hashes, key_of);
  }
  template <class Key>
  std::size_t row_of(const Key& key, std::uint64_t hash, typename table_type::candidate known) {
    if (rows_.spill()) return rows_.fetch_one(key, hash);  // in memory, unless the extractor is moody
    return table().find_or_insert(key, hash, known, [] { return nothing{}; });
  }
  /// Whether calls must be followed by `commit` also when nothing can be undone.
  [[nodiscard]] bool is_checked() const noexcept { return store_.has_limits(); }
  /// After a call that was good. Throws errc::limit when its state is too large: then nothing is committed yet.
  void commit() {
    if (store_.has_limits()) store_.check_limits();
    store_.commit();
    if (timers_) timers_->commit();
  }
  void rollback() noexcept {
    store_.rollback();
    if (timers_) timers_->rollback();
  }

  /// Between two batches: looks for keys that hold nothing.
  void tidy() {
    if (rows_.spill() || table().size() < sweep_at_) return;
    std::vector<bool> timed(table().end());
    if (timers_) {
      const auto note = [&](std::uint32_t row) { timed[row] = true; };
      timers_->of_events().for_each_row(note);
      timers_->of_processing().for_each_row(note);
    }
    for (std::size_t row = table().end(); row-- > 0;) {
      if (row >= table().end() || !table().has(row) || timed[row] || !store_.is_empty(row)) continue;
      store_.clear(row);
      table().erase(row);
    }
    sweep_at_ = std::max(sweep_min, 2 * table().size());
  }

 private:
  static constexpr std::size_t sweep_min = 4096;  // fewer keys aren't worth the look

  state::keyed_store store_;
  std::optional<timer_service> timers_;
  rows_type rows_;
  std::size_t sweep_at_ = sweep_min;
};

}  // namespace sage::operators
