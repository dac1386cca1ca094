/// Keyed state by rows: one column per declared state, one row per key, and an undo log for the record law.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/base/event_time.hpp"
#include "sage/state/row_values.hpp"
#include "sage/state/state_limits.hpp"
#include "sage/state/stored_value.hpp"
#include "sage/state/time_to_live.hpp"
#include "sage/state/value_bytes.hpp"

namespace sage::state {

/// The row of a call without a key: there is nothing to read, and nothing can be written.
inline constexpr std::size_t no_row = ~std::size_t{0};

/// The untyped face of a column.
class column_base {
 public:
  explicit column_base(std::string name) : name_(std::move(name)) {}
  virtual ~column_base() = default;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Puts back what `save` has kept.
  virtual void restore() noexcept = 0;
  virtual void forget() noexcept = 0;

  /// Bytes of the values of all rows, as far as they can be told.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] virtual std::size_t bytes_of(std::size_t row) const noexcept = 0;

  [[nodiscard]] virtual bool has(std::size_t row) const noexcept = 0;
  virtual void clear(std::size_t row) noexcept = 0;
  virtual void write(std::size_t row, value_writer& out) const = 0;
  virtual bool read(std::size_t row, value_reader& in) = 0;
  [[nodiscard]] virtual bool can_be_written() const noexcept = 0;
  /// Fetches the value of a row ahead.
  virtual void prefetch(const std::uint32_t* rows, std::size_t count) const noexcept = 0;

  /// Whether the value of a row was last touched too long ago.
  [[nodiscard]] bool is_over(std::size_t row) const noexcept {
    return ttl_ && row < touched_.size() && ttl_->is_over(touched_[row]);
  }
  void live(const ttl_clock& ttl) { ttl_ = ttl; }
  [[nodiscard]] bool has_ttl() const noexcept { return ttl_.has_value(); }
  void touch(std::size_t row) {
    if (row >= touched_.size()) touched_.resize(row + 1 + row / 2, no_event_time);
    touched_[row] = ttl_->now();
  }
  [[nodiscard]] bool refreshes_on_read() const noexcept { return ttl_ && ttl_->settings.refresh_on_read; }

 protected:
  std::size_t bytes_ = 0;
  std::optional<ttl_clock> ttl_;
  std::vector<event_time> touched_;  // by row, with a time to live

 private:
  std::string name_;
};

/// The values of one state over all keys, by row.
template <class T>
class column final : public column_base {
 public:
  using column_base::column_base;

  [[nodiscard]] const std::optional<T>& at(std::size_t row) const noexcept {
    static const std::optional<T> nothing;
    if (row >= rows_.size() || (ttl_ && is_over(row))) return nothing;
    return rows_[row];
  }
  /// The value of a row, to be changed; `account` follows.
  std::optional<T>& open(std::size_t row) {
    if (row >= rows_.size()) grow_to(row);
    std::optional<T>& value = rows_[row];
    if (ttl_) [[unlikely]] {
      if (value && is_over(row)) reset(value);
      touch(row);
    }
    return value;
  }
  /// Takes note that the value has grown or shrunk.
  void account(std::ptrdiff_t growth) noexcept { bytes_ += static_cast<std::size_t>(growth); }

  void save(std::size_t row) {
    if (saved_row_ == row) return;
    saved_ = row < rows_.size() ? rows_[row] : std::nullopt;  // as it is: its bytes are counted, over or not
    saved_row_ = row;
    saved_bytes_ = bytes_;
    if (ttl_) saved_touched_ = row < touched_.size() ? touched_[row] : no_event_time;
  }
  void restore() noexcept override {
    if (saved_row_ != nowhere && saved_row_ < rows_.size()) {
      rows_[saved_row_] = std::move(saved_);
      bytes_ = saved_bytes_;
      if (ttl_ && saved_row_ < touched_.size()) touched_[saved_row_] = saved_touched_;
    }
    forget();
  }
  void forget() noexcept override {
    saved_row_ = nowhere;
    saved_.reset();
  }

  [[nodiscard]] std::size_t bytes_of(std::size_t row) const noexcept override {
    return has(row) ? value_bytes(*rows_[row]) : 0;
  }
  [[nodiscard]] bool has(std::size_t row) const noexcept override { return at(row).has_value(); }
  void clear(std::size_t row) noexcept override {
    if (row < rows_.size() && rows_[row]) reset(rows_[row]);
  }
  [[nodiscard]] bool can_be_written() const noexcept override { return is_storable<T>; }
  void write(std::size_t row, value_writer& out) const override {
    if constexpr (is_storable<T>) {
      out.begin_list(ttl_ ? 2 : 1);
      write_stored(out, *rows_[row]);
      if (ttl_) out.write_int64(touched_[row]);
      out.end_list();
    }
  }
  bool read(std::size_t row, value_reader& in) override {
    if constexpr (is_storable<T>) {
      container_cursor cursor;
      if (!in.begin_list(cursor) || in.next_element(cursor) != container_step::element) return false;
      if (row >= rows_.size()) grow_to(row);
      if (!read_stored(in, rows_[row].emplace())) return false;
      bytes_ += value_bytes(*rows_[row]);
      if (in.next_element(cursor) != container_step::element) return !in.failed();
      std::int64_t touched = 0;
      if (!read_value(in, touched)) return false;
      if (ttl_) {
        touch(row);
        touched_[row] = touched;
      }
      return in.next_element(cursor) == container_step::end;
    } else {
      return false;
    }
  }
  void prefetch(const std::uint32_t* rows, std::size_t count) const noexcept override {
    for (std::size_t i = 0; i < count; ++i) {
      if (rows[i] < rows_.size()) __builtin_prefetch(&rows_[rows[i]], 1);
    }
  }

 private:
  static constexpr std::size_t nowhere = ~std::size_t{0};

  void grow_to(std::size_t row) {
    if (row == no_row) {
      throw error(errc::invalid_argument, "there is no key here whose state '" + name() + "' could be changed", {},
                  "keyed state belongs to the records of the keyed stream");
    }
    rows_.resize(row + 1 + row / 8);
  }
  void reset(std::optional<T>& value) noexcept {
    bytes_ -= value_bytes(*value);
    value.reset();
  }

  std::vector<std::optional<T>> rows_;
  std::size_t saved_row_ = nowhere;
  std::optional<T> saved_;
  std::size_t saved_bytes_ = 0;
  event_time saved_touched_ = no_event_time;
};

/// All states of one keyed operator instance. The operator sets the row of the current key before it calls the
/// user; the states' handles read and write that row.
class keyed_store final : public row_values {
 public:
  /// Declares a state, or finds it again. Throws when the name is taken by another type, or when values must be
  /// written and can't be.
  template <class T>
  column<T>& declare(const std::string& name) {
    for (const auto& known : columns_) {
      if (known->name() != name) continue;
      if (auto* typed = dynamic_cast<column<T>*>(known.get())) return *typed;
      throw error(errc::invalid_argument, "the state '" + name + "' is declared twice with different types");
    }
    auto made = std::make_unique<column<T>>(name);
    if (must_be_written_ && !made->can_be_written()) {
      throw error(errc::unsupported,
                  "the values of the state '" + name + "' can't be written to a store or a checkpoint", {},
                  "describe their type with SAGE_DESCRIBE, or keep state in memory and take no checkpoints");
    }
    column<T>& typed = *made;
    columns_.push_back(std::move(made));
    return typed;
  }
  /// All states declared from now on must have values that can be written.
  void must_be_written() noexcept { must_be_written_ = true; }
  void set_limits(const state_limits& limits) noexcept { limits_ = limits; }
  /// What a checkpoint holds of states that nobody declares any more may be dropped.
  void allow_lost_state(bool allowed) noexcept { may_lose_ = allowed; }

  /// Begins a record of the key in `row`; with `undoable`, writes can be rolled back.
  void begin_record(std::size_t row, bool undoable) noexcept {
    row_ = row;
    undoable_ = undoable;
  }
  void rollback() noexcept {
    for (const auto& each : columns_) each->restore();
  }
  void commit() noexcept {
    for (const auto& each : columns_) each->forget();
  }
  [[nodiscard]] std::size_t row() const noexcept { return row_; }
  [[nodiscard]] bool is_undoable() const noexcept { return undoable_; }

  /// Bytes of all values in memory: an estimate.
  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t all = 0;
    for (const auto& each : columns_) all += each->bytes();
    return all;
  }
  /// To be called when a value has grown. Throws errc::limit beyond what may be held; `rollback` takes it back.
  void check_limits() const;
  /// Whether any value may expire.
  [[nodiscard]] bool has_ttl() const noexcept;
  [[nodiscard]] bool has_limits() const noexcept { return limits_.has_any(); }

  /// Fetches the values in `rows` ahead.
  void prefetch(const std::uint32_t* rows, std::size_t count) const noexcept {
    for (const auto& each : columns_) each->prefetch(rows, count);
  }

  // ---- row_values

  [[nodiscard]] bool is_empty(std::size_t row) const override;
  void write(std::size_t row, value_writer& out) const override;
  bool read(std::size_t row, value_reader& in) override;
  void clear(std::size_t row) noexcept override;
  void check_restored(const std::string& uid) const override;

 private:
  std::vector<std::unique_ptr<column_base>> columns_;
  std::size_t row_ = 0;
  bool undoable_ = false;
  bool must_be_written_ = false;
  bool may_lose_ = false;
  std::set<std::string, std::less<>> unknown_;  // states that rows held and nobody has declared
  state_limits limits_;
};

}  // namespace sage::state
