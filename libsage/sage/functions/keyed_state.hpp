/// Keyed state as functions see it: handles on the values of the current record's key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/context.hpp"
#include "sage/state/keyed_store.hpp"

namespace sage::functions {

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
  state::keyed_store* store_ = nullptr;
  state::column<T>* column_ = nullptr;
};

}  // namespace sage::functions

namespace sage {

/// One value per key. Declare it in `open(context& self)`: `visits_ = sage::value_state<int>(self, "visits");`
template <class T>
class value_state : private functions::state_handle<T> {
 public:
  using functions::state_handle<T>::state_handle;

  [[nodiscard]] bool has_value() const noexcept { return this->read().has_value(); }
  /// The value, or null for a key that has none yet.
  [[nodiscard]] const T* get() const noexcept { return this->read() ? &*this->read() : nullptr; }
  [[nodiscard]] T value_or(T otherwise) const { return this->read() ? *this->read() : std::move(otherwise); }
  void set(T value) { this->write() = std::move(value); }
  void clear() { this->write().reset(); }
};

/// One value per key that `add` folds what it is given into: `f(V, const T&)` returns the next value; the first one
/// is made of a V{}.
template <class V, class F>
class reducing_state : private functions::state_handle<V> {
 public:
  reducing_state() = default;
  reducing_state(context& self, const std::string& name, F fold)
      : functions::state_handle<V>(self, name), fold_(std::move(fold)) {}

  [[nodiscard]] bool has_value() const noexcept { return this->read().has_value(); }
  /// The value, or null for a key that has none yet.
  [[nodiscard]] const V* get() const noexcept { return this->read() ? &*this->read() : nullptr; }
  template <class T>
  void add(const T& element) {
    std::optional<V>& value = this->write();
    if (!value) value.emplace();
    *value = (*fold_)(std::move(*value), element);
  }
  void clear() { this->write().reset(); }

 private:
  std::optional<F> fold_;
};

/// A growing list per key.
template <class T>
class list_state : private functions::state_handle<std::vector<T>> {
 public:
  using functions::state_handle<std::vector<T>>::state_handle;

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
class map_state : private functions::state_handle<std::map<K, V>> {
 public:
  using functions::state_handle<std::map<K, V>>::state_handle;

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
