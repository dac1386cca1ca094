/// Values of keyed state as a store keeps them.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/model/msgpack.hpp"
#include "sage/state/row_values.hpp"

namespace sage::state {

/// A type that is no user's and writes itself: `store(out)`, and `load(in)`, which returns nothing for what `store`
/// hasn't written. It says in `is_storable` whether its parts can be.
template <class T>
concept stores_itself = requires(const T& value, value_writer& out, value_reader& in) {
  value.store(out);
  { T::load(in) } -> std::same_as<std::optional<T>>;
  requires T::is_storable;
};

/// Whether values of `T` can be written to a store and read back.
template <class T>
inline constexpr bool is_storable = encodable<T> || stores_itself<T>;
template <stores_itself T>
inline constexpr bool is_storable<std::vector<T>> = true;
/// A map of state may have keys of any kind, not only those that formats for others can have: it is a list of pairs.
template <class K, class V>
inline constexpr bool is_storable<std::map<K, V>> = encodable<K>&& encodable<V>;

template <class T>
inline constexpr bool is_ordered_map = false;
template <class K, class V>
inline constexpr bool is_ordered_map<std::map<K, V>> = true;

template <class T>
inline constexpr bool is_list_of_self_storing = false;
template <stores_itself T>
inline constexpr bool is_list_of_self_storing<std::vector<T>> = true;

template <class T>
void write_stored(value_writer& out, const T& value) {
  if constexpr (is_ordered_map<T>) {
    out.begin_list(value.size());
    for (const auto& [key, mapped] : value) {
      out.begin_list(2);
      write_value(out, key);
      write_value(out, mapped);
      out.end_list();
    }
    out.end_list();
  } else if constexpr (is_list_of_self_storing<T>) {
    out.begin_list(value.size());
    for (const auto& each : value) each.store(out);
    out.end_list();
  } else if constexpr (stores_itself<T>) {
    value.store(out);
  } else {
    write_value(out, value);
  }
}

template <class T>
bool read_stored(value_reader& in, T& value) {
  if constexpr (is_ordered_map<T>) {
    value.clear();
    container_cursor all;
    if (!in.begin_list(all)) return false;
    while (in.next_element(all) == container_step::element) {
      std::pair<typename T::key_type, typename T::mapped_type> entry{};
      container_cursor pair;
      if (!in.begin_list(pair) || in.next_element(pair) != container_step::element || !read_value(in, entry.first) ||
          in.next_element(pair) != container_step::element || !read_value(in, entry.second) ||
          in.next_element(pair) != container_step::end) {
        return false;
      }
      value.emplace_hint(value.end(), std::move(entry));
    }
    return !in.failed();
  } else if constexpr (is_list_of_self_storing<T>) {
    value.clear();
    container_cursor all;
    if (!in.begin_list(all)) return false;
    while (in.next_element(all) == container_step::element) {
      auto one = T::value_type::load(in);
      if (!one) return false;
      value.push_back(*std::move(one));
    }
    return !in.failed();
  } else if constexpr (stores_itself<T>) {
    auto one = T::load(in);
    if (one) value = *std::move(one);
    return one.has_value();
  } else {
    return read_value(in, value);
  }
}

/// Appends the value as MessagePack.
template <class T>
requires is_storable<T>
void append_stored(std::string& out, const T& value) {
  codecs::append_msgpack(
      out, &value, [](value_writer& to, const void* given) { write_stored(to, *static_cast<const T*>(given)); });
}
/// Reads it back. Throws store_failure for bytes that `append_stored` hasn't written.
template <class T>
requires is_storable<T>
void read_stored_bytes(std::string_view bytes, T& value) {
  read_state(bytes, &value,
             [](value_reader& from, void* given) { return read_stored(from, *static_cast<T*>(given)); });
}

}  // namespace sage::state
