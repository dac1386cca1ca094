/// aggregate over more keys than memory holds.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "sage/operators/aggregate.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/rows_snapshot.hpp"
#include "sage/state/state_limits.hpp"
#include "sage/state/stored_value.hpp"
#include "sage/state/value_bytes.hpp"

namespace sage::operators {

/// As aggregate_operator, with the accumulators in use in memory and the others in the job's store.
///
/// Shape       keyed<K, T> -> R; n -> 1 per key, or 1 -> 1 with every_update
/// Emits       finals at the end of input, in order of the keys' bytes; or after every record
/// Holds back  never; memory within that of the job's store
/// Fails       by error policy, when `add` throws: the accumulator is as before that record. At open, when
/// accumulators
///             can't be written (errc::unsupported)
/// Completes   after end of all inputs
/// Items       as aggregate_operator
/// Cost        of a record whose key is not in memory, a read and a write, grouped by up to 1024
template <class T, class Extract, class A>
class spilled_aggregate final : public keyed_operator<T, Extract, A>, private state::row_values {
  using key = key_type_t<Extract, T>;
  using accumulator = typename A::accumulator;
  using result = aggregate_result_t<A, key>;

 public:
  spilled_aggregate(Extract extract, A aggregate, error_policy policy, emit_mode mode,
                    const state::state_limits& limits = {})
      : keyed_operator<T, Extract, A>(std::move(extract), std::move(aggregate), policy),
        mode_(mode),
        account_(limits) {}

  void open(context& self) override {
    if constexpr (!state::is_storable<accumulator>) {
      throw error(errc::unsupported, "accumulators can't be written to a store", self.place(),
                  "describe their type with SAGE_DESCRIBE, or keep state in memory");
    }
    rows_.spill_to(self.state_backend(), *this, self.operator_name(), self.instance());
    keyed_operator<T, Extract, A>::open(self);
  }
  [[nodiscard]] state_size state_size_now() const noexcept override { return {rows_.rows(), rows_.table().bytes()}; }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  void snapshot(state::snapshot_writer& to) override { state::snapshot_rows(rows_, *this, to); }
  void restore(const state::snapshot_reader& from) override {
    state::restore_rows(rows_, *this, from, [this](std::size_t row) {
      const std::size_t size = account_.is_limited() ? state::value_bytes(*rows_.table().at(row).value) : 0;
      if (account_.is_limited()) account_.change(0, size, size);
    });
  }

 private:
  flow process(output& out) override {
    static_cast<void>(out);
    if (this->cursor_ == 0) {
      this->prepare_hashes();
      fetched_ = 0;
    }
    const batch<T>& in = this->template input<T>();
    const bool columns = this->has_columns();
    const bool tells = mode_ == emit_mode::every_update;
    if (tells && !updates_) updates_ = batch<result>::make(this->self_->pool(), in.size());
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    for (; i < this->stop_; ++i) {
      if (i >= fetched_) {
        fetched_ = rows_.fetch(i, in.size(), this->hashes_,
                               [&](std::size_t k) -> decltype(auto) { return this->key_of(in[k]); });
      }
      auto& entry = rows_.table().at(rows_.fetch_one(this->key_of(in[i]), this->hashes_[i]));
      if (this->policy_.fails() && !account_.is_limited()) {
        if (!entry.value) entry.value.emplace();
        this->function_.add(*entry.value, in[i]);
        if (tells)
          updates_->emplace_back(this->function_.result(std::as_const(entry.key), accumulator(*entry.value)));
      } else {
        accumulator next = entry.value.value_or(accumulator{});  // so that a record that throws changes nothing
        this->function_.add(next, in[i]);
        if (account_.is_limited()) {
          const std::size_t before = entry.value ? state::value_bytes(*entry.value) : 0;
          account_.change(before, state::value_bytes(next), state::value_bytes(next));
        }
        if (tells) updates_->emplace_back(this->function_.result(std::as_const(entry.key), accumulator(next)));
        entry.value = std::move(next);
      }
      ++this->fate_.passed;
      if (tells) {
        if (columns) this->hand_down(i, *updates_, updates_->size() - 1);
      } else if (this->has_items()) {
        this->end_item(i, item_end_reason::aggregated);
      }
    }
    return flow::done;
  }

  void finish_batch(output& out) override {
    if (updates_ && !updates_->empty()) out.emit(main_port, erase(std::move(updates_)));
    updates_.reset();
  }

  flow finish_input(output& out) override {
    if (mode_ == emit_mode::every_update) return flow::done;
    auto& table = rows_.table();
    if (!finishing_) {
      finishing_ = true;
      if (rows_.spill() && rows_.spill()->has_written()) rows_.spill()->empty_memory();
    }
    for (;;) {
      auto made = batch<result>::make(this->self_->pool(), this->self_->batch_size());
      while (made->size() < this->self_->batch_size()) {
        if (next_ >= table.end()) {
          table.clear();
          next_ = 0;
          if (!rows_.spill() || !rows_.spill()->bring_next_in(walked_, state::rows_ahead)) break;
        }
        if (!table.has(next_) || !table.at(next_).value) {
          ++next_;
          continue;
        }
        auto& entry = table.at(next_++);
        made->emplace_back(this->function_.result(std::as_const(entry.key), *std::move(entry.value)));
        entry.value.reset();
      }
      if (made->empty()) return flow::done;
      if (!out.emit(main_port, erase(std::move(made)))) return flow::suspended;
    }
  }

  // ---- row_values

  bool is_empty(std::size_t row) const override { return !rows_.table().at(row).value; }
  void write(std::size_t row, value_writer& out) const override {
    if constexpr (state::is_storable<accumulator>) state::write_stored(out, *rows_.table().at(row).value);
  }
  bool read(std::size_t row, value_reader& in) override {
    if constexpr (state::is_storable<accumulator>) {
      return state::read_stored(in, rows_.table().at(row).value.emplace());
    } else {
      return false;
    }
  }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

  emit_mode mode_;
  state::byte_account account_;
  state::keyed_rows<key, std::optional<accumulator>> rows_;
  std::size_t fetched_ = 0;  // the rows of the records up to here are in memory
  ref<batch<result>> updates_;
  bool finishing_ = false;
  std::size_t next_ = 0;  // row to be emitted
  std::string walked_;    // how far the store has been emitted
};

}  // namespace sage::operators
