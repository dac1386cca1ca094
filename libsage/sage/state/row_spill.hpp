/// Which rows of a keyed operator stay in memory, and where the others are: what doesn't depend on types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sage/state/ordered_store.hpp"
#include "sage/state/row_values.hpp"

namespace sage::state {

/// Rows by the bytes of their keys.
class row_keys {
 public:
  /// Appends the key of a row.
  virtual void append_key(std::size_t row, std::string& out) const = 0;
  /// Makes rows for keys that have none yet: those of `keys`, whose rows are appended to `rows`.
  virtual void enter(std::span<const std::string_view> keys, std::vector<std::size_t>& rows) = 0;
  [[nodiscard]] virtual std::size_t count() const noexcept = 0;
  /// One behind the last row.
  [[nodiscard]] virtual std::size_t end() const noexcept = 0;
  [[nodiscard]] virtual bool has(std::size_t row) const noexcept = 0;
  /// Takes the row out.
  virtual void leave(std::size_t row) = 0;

 protected:
  ~row_keys() = default;
};

/// Keeps the rows used last in memory and the others in an ordered store, below one prefix.
///
/// Rows move in groups: `bring_in` reads all that a stretch of records needs at once, `make_room` writes the coldest
/// out together. So a row of the store costs two visits, however often it was used between.
///
/// Cost    O(1) expected per row moved; nothing for rows in memory but a mark
/// Source  Corbató, "A paging experiment with the Multics system", 1968 (CLOCK)
class row_spill {
 public:
  /// `prefix` is what the keys of all rows begin with. `rows_max`: rows in memory; 0 is by `bytes_max` alone.
  row_spill(std::unique_ptr<ordered_store> store, row_keys& keys, row_values& values, std::size_t bytes_max,
            std::size_t rows_max, std::size_t bytes_per_row);

  /// The row is needed now: it will not be the next to go.
  void touch(std::size_t row) {
    if (row >= touched_.size()) touched_.resize(row + 1 + row / 2);
    touched_[row] = 1;
  }
  /// A row that was made for a key that may have one in the store.
  void ask_for(std::size_t row) {
    touch(row);
    if (rows_out_ > 0) asked_.push_back(row);
  }
  /// Fills the rows that were asked for.
  void bring_in();
  /// Moves rows out until there is room for more. No row may be in use.
  void make_room();
  /// Moves all rows out.
  void empty_memory();
  /// Brings the next rows behind `cursor` in, in order of their keys, and takes them out of the store; false when
  /// there are none. `cursor` is empty for the first ones.
  bool bring_next_in(std::string& cursor, std::size_t count);

  /// Whether the store has ever got a row: then it may have old copies of rows that are in memory.
  [[nodiscard]] bool has_written() const noexcept { return rows_written_ > 0; }
  /// Rows that are in the store alone.
  [[nodiscard]] std::size_t rows_out() const noexcept { return rows_out_; }
  [[nodiscard]] ordered_store& store() noexcept { return *store_; }
  [[nodiscard]] row_keys& keys() noexcept { return keys_; }

  /// What keys of rows begin with, and what those of timers do: see spilled_timers.
  static constexpr char row_prefix = 'r';

 private:
  [[nodiscard]] std::size_t rows_max() const noexcept;
  void move_out(std::size_t row);
  void write();

  std::unique_ptr<ordered_store> store_;
  row_keys& keys_;
  row_values& values_;
  std::size_t bytes_max_;
  std::size_t rows_max_;
  std::size_t bytes_per_row_;
  std::vector<std::uint8_t> touched_;
  std::vector<std::size_t> asked_;
  std::size_t hand_ = 0;
  std::size_t rows_out_ = 0;
  std::size_t bytes_written_ = 0;  // of all rows that went out, for their average
  std::size_t rows_written_ = 0;
  write_group group_;
  std::string key_;
  std::string value_;
  std::string names_;
  std::vector<std::string_view> views_;
};

}  // namespace sage::state
