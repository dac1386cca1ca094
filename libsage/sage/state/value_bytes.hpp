/// How much memory a value takes: an estimate for limits and metrics.
#pragma once

#include <cstddef>
#include <type_traits>

#include "sage/model/describe.hpp"
#include "sage/model/value_shape.hpp"

namespace sage::state {

/// Whether all values of `T` take the same.
template <class T>
inline constexpr bool has_fixed_bytes = std::is_trivially_copyable_v<T>;

/// What a tree or a hash table adds to an entry, about.
inline constexpr std::size_t bytes_per_node = 48;

/// The bytes of the value itself and of what it owns, as far as its description tells; that of a type that has none
/// is its size. O(1) for numbers, text and structs of them, O(n) for containers of what isn't trivially copyable.
template <class T>
[[nodiscard]] std::size_t value_bytes(const T& value) noexcept {
  constexpr value_shape shape = shape_of<T>;
  if constexpr (has_fixed_bytes<T>) {
    return sizeof(T);
  } else if constexpr (shape == value_shape::text || shape == value_shape::bytes) {
    return sizeof(T) + value.size();
  } else if constexpr (shape == value_shape::optional) {
    return value ? sizeof(T) - sizeof(*value) + value_bytes(*value) : sizeof(T);
  } else if constexpr (shape == value_shape::list) {
    using element = typename T::value_type;
    if constexpr (has_fixed_bytes<element>) {
      return sizeof(T) + value.size() * sizeof(element);
    } else {
      std::size_t all = sizeof(T);
      for (const auto& each : value) all += value_bytes(each);
      return all;
    }
  } else if constexpr (shape == value_shape::map) {
    std::size_t all = sizeof(T);
    for (const auto& [key, mapped] : value) all += bytes_per_node + value_bytes(key) + value_bytes(mapped);
    return all;
  } else if constexpr (shape == value_shape::record) {
    return with_fields<T>([&value](const auto&... field) {
      std::size_t all = sizeof(T);
      ((all += value_bytes(value.*(field.member)) - sizeof(value.*(field.member))), ...);
      return all;
    });
  } else {
    return sizeof(T);
  }
}

}  // namespace sage::state
