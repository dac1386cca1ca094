/// Values of keyed state as a store keeps them.
#pragma once

#include <map>
#include <type_traits>
#include <utility>

#include "sage/model/value_codec.hpp"

namespace sage::state {

/// Whether values of `T` can be written to a store and read back.
template <class T>
inline constexpr bool is_storable = encodable<T>;
/// A map of state may have keys of any kind, not only those that formats for others can have: it is a list of pairs.
template <class K, class V>
inline constexpr bool is_storable<std::map<K, V>> = encodable<K>&& encodable<V>;

template <class T>
inline constexpr bool is_ordered_map = false;
template <class K, class V>
inline constexpr bool is_ordered_map<std::map<K, V>> = true;

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
  } else {
    return read_value(in, value);
  }
}

}  // namespace sage::state
