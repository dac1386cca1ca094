/// distinct: the first record of each key.
#pragma once

#include <utility>
#include <vector>

#include "sage/operators/keyed_operator.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/rows_snapshot.hpp"
#include "sage/state/state_limits.hpp"
#include "sage/state/value_bytes.hpp"

namespace sage::operators {

/// Stands where a function operator wants a function and the operator has none.
struct no_function {};

/// Passes the first record of each key on and filters the others.
///
/// Shape       keyed<K, T> -> T; 1 -> 0..1
/// Emits       at once, in order
/// Drops       records of a key already seen, counted as filtered
/// Fails       by error policy, when the key's extractor throws
/// Items       go with their records; those of repeats end as filtered
/// Cost        O(1) per record; memory O(keys)
template <class T, class Extract>
class distinct_operator final : public keyed_operator<T, Extract, no_function>, private state::row_values {
  using key = state::owned_key_t<key_type_t<Extract, T>>;

 public:
  distinct_operator(Extract extract, error_policy policy, const state::state_limits& limits = {})
      : keyed_operator<T, Extract, no_function>(std::move(extract), no_function{}, policy), account_(limits) {}

  void open(context& self) override {
    keyed_operator<T, Extract, no_function>::open(self);
    rows_.spill_to(self.state_backend(), *this, self.operator_name(), self.instance());
  }
  [[nodiscard]] state_size state_size_now() const noexcept override { return {rows_.rows(), rows_.table().bytes()}; }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (encodable<key>) return std::nullopt;
    return "its keys can't be written: describe their type with SAGE_DESCRIBE";
  }
  void snapshot(state::snapshot_writer& to) override { state::snapshot_rows(rows_, *this, to); }
  void restore(const state::snapshot_reader& from) override {
    state::restore_rows(rows_, *this, from, [this](std::size_t row) {
      if (account_.is_limited()) remember_bytes(row);
    });
  }

 private:
  flow process(output& out) override {
    static_cast<void>(out);
    if (this->cursor_ == 0) {
      first_.clear();
      this->prepare_hashes();
      fetched_ = 0;
    }
    const batch<T>& in = this->template input<T>();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    const bool items = this->has_items();
    for (const std::size_t stop = this->stop_; i < stop; ++i) {
      if (i >= fetched_) {
        fetched_ = rows_.fetch(i, in.size(), this->hashes_,
                               [&](std::size_t k) -> decltype(auto) { return this->key_of(in[k]); });
      }
      const std::size_t row = rows_.fetch_one(this->key_of(in[i]), this->hashes_[i]);
      auto& entry = rows_.table().at(row);
      if (!entry.value) {
        if (account_.is_limited()) remember_bytes(row);
        entry.value = true;
        first_.push_back(static_cast<std::uint32_t>(i));
        ++this->fate_.passed;
      } else {
        ++this->fate_.filtered;
        if (items) this->end_item(i, item_end_reason::filtered);
      }
    }
    return flow::done;
  }

  // A key that does not fit leaves no row behind, or the limit would bound nothing; those beyond memory go by
  // themselves.
  void remember_bytes(std::size_t row) {
    const std::size_t bytes = state::value_bytes(rows_.table().at(row).key);
    try {
      account_.change(0, bytes, bytes);
    } catch (...) {
      if (!rows_.spill()) rows_.table().erase(row);
      throw;
    }
  }

  void finish_batch(output& out) override {
    if (first_.size() == this->input_->size()) {
      out.emit(main_port, std::move(this->input_));
    } else if (!first_.empty()) {
      out.emit(main_port, select(this->input_, first_.data(), first_.size()));
    }
    first_.clear();
  }

  // ---- row_values

  bool is_empty(std::size_t row) const override { return !rows_.table().at(row).value; }
  void write(std::size_t row, value_writer& out) const override {
    static_cast<void>(row);
    out.write_bool(true);
  }
  bool read(std::size_t row, value_reader& in) override { return in.read_bool(rows_.table().at(row).value); }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

  state::keyed_rows<key_type_t<Extract, T>, bool> rows_;  // whether it was seen
  state::byte_account account_;                           // of keys
  std::size_t fetched_ = 0;                               // the rows of the records up to here are in memory
  std::vector<std::uint32_t> first_;
};

}  // namespace sage::operators
