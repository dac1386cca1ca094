/// Keyed state in memory: one column per declared state, one row per key, and an undo log for the record law.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/context.hpp"

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

/// What every handle does: find its column in `open`, its row at each call.
template <class T>
class state_handle {
 public:
  state_handle() = default;
  state_handle(context& self, const std::string& name) : store_(self.keyed_state()) {
    if (!store_) {
      throw error(errc::invalid_argument, "the state '" + name + "' is declared outside of a keyed process",
                  self.place(), "declare state in open(context&) of a function given to key_by(...).process(...)");
    }
    column_ = &store_->declare<T>(name);
  }

 protected:
  [[nodiscard]] const std::optional<T>& read() const noexcept { return column_->at(store_->row()); }
  std::optional<T>& write() {
    if (store_->is_undoable()) column_->save(store_->row());
    return column_->open(store_->row());
  }

 private:
  keyed_store* store_ = nullptr;
  column<T>* column_ = nullptr;
};

}  // namespace sage::state

namespace sage {

/// One value per key. Declare it in `open(context& self)`: `visits_ = sage::value_state<int>(self, "visits");`
template <class T>
class value_state : private state::state_handle<T> {
 public:
  using state::state_handle<T>::state_handle;

  [[nodiscard]] bool has_value() const noexcept { return this->read().has_value(); }
  /// The value, or null for a key that has none yet.
  [[nodiscard]] const T* get() const noexcept { return this->read() ? &*this->read() : nullptr; }
  [[nodiscard]] T value_or(T otherwise) const { return this->read() ? *this->read() : std::move(otherwise); }
  void set(T value) { this->write() = std::move(value); }
  void clear() { this->write().reset(); }
};

/// A growing list per key.
template <class T>
class list_state : private state::state_handle<std::vector<T>> {
 public:
  using state::state_handle<std::vector<T>>::state_handle;

  /// The elements in order of `add`; empty for a key that has none yet.
  [[nodiscard]] const std::vector<T>& get() const noexcept {
    static const std::vector<T> nothing;
    return this->read() ? *this->read() : nothing;
  }
  void add(T element) {
    auto& list = this->write();
    if (!list) list.emplace();
    list->push_back(std::move(element));
  }
  void set(std::vector<T> elements) { this->write() = std::move(elements); }
  void clear() { this->write().reset(); }
};

/// A map per key, ordered by its own keys.
template <class K, class V>
class map_state : private state::state_handle<std::map<K, V>> {
 public:
  using state::state_handle<std::map<K, V>>::state_handle;

  [[nodiscard]] const std::map<K, V>& get() const noexcept {
    static const std::map<K, V> nothing;
    return this->read() ? *this->read() : nothing;
  }
  /// The value of `key`, or null.
  [[nodiscard]] const V* find(const K& key) const {
    const auto& all = get();
    const auto found = all.find(key);
    return found == all.end() ? nullptr : &found->second;
  }
  void put(K key, V value) {
    auto& all = this->write();
    if (!all) all.emplace();
    all->insert_or_assign(std::move(key), std::move(value));
  }
  void remove(const K& key) {
    auto& all = this->write();
    if (all) all->erase(key);
  }
  void clear() { this->write().reset(); }
};

}  // namespace sage
