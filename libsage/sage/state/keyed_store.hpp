/// Keyed state in memory: one column per declared state, one row per key, and an undo log for the record law.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"

namespace sage::state {

/// The untyped face of a column.
class column_base {
 public:
  virtual ~column_base() = default;
  /// Puts back what `save` has kept.
  virtual void restore() noexcept = 0;
  virtual void forget() noexcept = 0;
};

/// The values of one state over all keys, by row.
template <class T>
class column final : public column_base {
 public:
  explicit column(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::optional<T>& at(std::size_t row) const noexcept {
    static const std::optional<T> nothing;
    return row < rows_.size() ? rows_[row] : nothing;
  }
  std::optional<T>& open(std::size_t row) {
    if (row >= rows_.size()) rows_.resize(row + 1);
    return rows_[row];
  }
  void save(std::size_t row) {
    if (saved_row_ == row) return;
    saved_ = at(row);
    saved_row_ = row;
  }
  void restore() noexcept override {
    if (saved_row_ != nowhere && saved_row_ < rows_.size()) rows_[saved_row_] = std::move(saved_);
    forget();
  }
  void forget() noexcept override {
    saved_row_ = nowhere;
    saved_.reset();
  }

 private:
  static constexpr std::size_t nowhere = ~std::size_t{0};
  std::string name_;
  std::vector<std::optional<T>> rows_;
  std::size_t saved_row_ = nowhere;
  std::optional<T> saved_;
};

/// All states of one keyed operator instance. The operator sets the row of the current key before it calls the
/// user; the states' handles read and write that row.
class keyed_store {
 public:
  /// Declares a state, or finds it again. Throws when the name is taken by another type.
  template <class T>
  column<T>& declare(const std::string& name) {
    for (const named& known : columns_) {
      if (known.name != name) continue;
      if (auto* typed = dynamic_cast<column<T>*>(known.values.get())) return *typed;
      throw error(errc::invalid_argument, "the state '" + name + "' is declared twice with different types");
    }
    auto made = std::make_unique<column<T>>(name);
    column<T>& typed = *made;
    columns_.push_back(named{name, std::move(made)});
    return typed;
  }

  /// Begins a record of the key in `row`; with `undoable`, writes can be rolled back.
  void begin_record(std::size_t row, bool undoable) noexcept {
    row_ = row;
    undoable_ = undoable;
  }
  void rollback() noexcept {
    for (const named& each : columns_) each.values->restore();
  }
  void commit() noexcept {
    for (const named& each : columns_) each.values->forget();
  }
  [[nodiscard]] std::size_t row() const noexcept { return row_; }
  [[nodiscard]] bool is_undoable() const noexcept { return undoable_; }

 private:
  struct named {
    std::string name;
    std::unique_ptr<column_base> values;
  };
  std::vector<named> columns_;
  std::size_t row_ = 0;
  bool undoable_ = false;
};

}  // namespace sage::state
