/// Keyed state as functions see it: handles on the values of the current record's key.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/context.hpp"
#include "sage/state/keyed_store.hpp"
#include "sage/state/time_to_live.hpp"

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
  state_handle(context& self, const std::string& name, const time_to_live& ttl) : state_handle(self, name) {
    if (ttl.after.count() <= 0) {
      throw error(errc::invalid_argument, "the state '" + name + "' has a time to live of nothing", self.place(),
                  "say how long it lives: {.after = 1h}");
    }
    column_->live(state::ttl_clock{ttl, &self.time(), &self.watermark_place(), &self.timestamp_place()});
  }

 protected:
  [[nodiscard]] const std::optional<T>& read() const {
    const std::optional<T>& value = column_->at(store_->row());
    if (column_->refreshes_on_read() && value) [[unlikely]]
      column_->touch(store_->row());
    return value;
  }
  /// Changes the value with `change(std::optional<T>&)`, which returns by how many bytes it has grown.
  template <class Change>
  void edit(Change&& change) {
    if (store_->is_undoable()) column_->save(store_->row());
    column_->account(change(column_->open(store_->row())));
  }
  void replace(T value) {
    edit([&](std::optional<T>& known) {
      const std::ptrdiff_t before = known ? bytes(*known) : 0;
      known = std::move(value);
      return bytes(*known) - before;
    });
  }
  void reset() {
    edit([](std::optional<T>& known) {
      const std::ptrdiff_t before = known ? bytes(*known) : 0;
      known.reset();
      return -before;
    });
  }
  template <class Part>
  [[nodiscard]] static std::ptrdiff_t bytes(const Part& part) noexcept {
    return static_cast<std::ptrdiff_t>(state::value_bytes(part));
  }

 private:
  state::keyed_store* store_ = nullptr;
  state::column<T>* column_ = nullptr;
};

}  // namespace sage::functions

namespace sage {

/// One value per key. Declare it in `open(context& self)`: `visits_ = sage::value_state<int>(self, "visits");`, with
/// a time to live if it may be forgotten: `sage::value_state<int>(self, "visits", {.after = 24h})`.
template <class T>
class value_state : private functions::state_handle<T> {
 public:
  using functions::state_handle<T>::state_handle;

  [[nodiscard]] bool has_value() const noexcept { return this->read().has_value(); }
  /// The value, or null for a key that has none yet.
  [[nodiscard]] const T* get() const noexcept { return this->read() ? &*this->read() : nullptr; }
  [[nodiscard]] T value_or(T otherwise) const { return this->read() ? *this->read() : std::move(otherwise); }
  void set(T value) { this->replace(std::move(value)); }
  /// Changes the value in place: `change(T&)`, with a T{} where there is none yet. O(size) beside `change`, for
  /// values without a fixed size.
  template <class Change>
  void update(Change&& change) {
    this->edit([&](std::optional<T>& value) {
      const std::ptrdiff_t before = value ? this->bytes(*value) : 0;
      if (!value) value.emplace();
      change(*value);
      return this->bytes(*value) - before;
    });
  }
  void clear() { this->reset(); }
};

/// One value per key that `add` folds what it is given into: `f(V, const T&)` returns the next value; the first one
/// is made of a V{}.
template <class V, class F>
class reducing_state : private functions::state_handle<V> {
 public:
  reducing_state() = default;
  reducing_state(context& self, const std::string& name, F fold)
      : functions::state_handle<V>(self, name), fold_(std::move(fold)) {}
  reducing_state(context& self, const std::string& name, F fold, const time_to_live& ttl)
      : functions::state_handle<V>(self, name, ttl), fold_(std::move(fold)) {}

  [[nodiscard]] bool has_value() const noexcept { return this->read().has_value(); }
  /// The value, or null for a key that has none yet.
  [[nodiscard]] const V* get() const noexcept { return this->read() ? &*this->read() : nullptr; }
  template <class T>
  void add(const T& element) {
    this->edit([&](std::optional<V>& value) {
      const std::ptrdiff_t before = value ? this->bytes(*value) : 0;
      if (!value) value.emplace();
      *value = (*fold_)(std::move(*value), element);
      return this->bytes(*value) - before;
    });
  }
  void clear() { this->reset(); }

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
    this->edit([&](std::optional<std::vector<T>>& list) {
      const std::ptrdiff_t made = list ? 0 : this->bytes(std::vector<T>());
      if (!list) list.emplace();
      list->push_back(std::move(element));
      return made + this->bytes(list->back());
    });
  }
  void set(std::vector<T> elements) { this->replace(std::move(elements)); }
  void clear() { this->reset(); }
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
    this->edit([&](std::optional<std::map<K, V>>& all) {
      std::ptrdiff_t growth = all ? 0 : this->bytes(std::map<K, V>());
      if (!all) all.emplace();
      const auto found = all->find(key);
      if (found == all->end()) {
        growth += bytes_of_entry(key, value);
        all->emplace(std::move(key), std::move(value));
      } else {
        growth += this->bytes(value) - this->bytes(found->second);
        found->second = std::move(value);
      }
      return growth;
    });
  }
  void remove(const K& key) {
    this->edit([&](std::optional<std::map<K, V>>& all) -> std::ptrdiff_t {
      if (!all) return 0;
      const auto found = all->find(key);
      if (found == all->end()) return 0;
      const std::ptrdiff_t shrunk = -bytes_of_entry(found->first, found->second);
      all->erase(found);
      return shrunk;
    });
  }
  void clear() { this->reset(); }

 private:
  static std::ptrdiff_t bytes_of_entry(const K& key, const V& value) noexcept {
    return static_cast<std::ptrdiff_t>(state::bytes_per_node) + functions::state_handle<std::map<K, V>>::bytes(key) +
           functions::state_handle<std::map<K, V>>::bytes(value);
  }
};

}  // namespace sage
