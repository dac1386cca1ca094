/// Which values can be encoded, and what kind of value each type is to a codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "sage/model/describe.hpp"
#include "sage/model/secret.hpp"

namespace sage {

class dynamic_value;

/// What a type is to a codec. Each codec is one `if constexpr` over these.
enum class value_shape : std::uint8_t {
  none,  ///< can't be encoded
  boolean,
  integer,  ///< signed
  whole,    ///< unsigned
  real,     ///< float or double
  text,     ///< std::string
  bytes,    ///< std::vector<std::byte>
  named,    ///< an enum; with or without names
  optional,
  list,    ///< std::vector, std::deque: grows, has operator[]
  array,   ///< std::array
  tuple,   ///< std::pair, std::tuple
  map,     ///< std::map, std::unordered_map and the like with text, whole-numbered or enum keys
  record,  ///< SAGE_DESCRIBE
  duration,
  time_point,
  dynamic,  ///< dynamic_value
};

namespace shapes {

template <class T>
struct optional_of {};
template <class T>
struct optional_of<std::optional<T>> {
  using type = T;
};

// Standard types are recognised by what they offer, so that nobody pays for headers that his records don't need.
template <class T>
concept duration = requires(const T& time) {
  typename T::rep;
  typename T::period;
  time.count();
};
template <class T>
concept time_point = requires(const T& time) {
  typename T::clock;
  { time.time_since_epoch() } -> duration;
};
template <class T>
concept map = requires(T& all, typename T::key_type key) {
  typename T::mapped_type;
  all.try_emplace(std::move(key));
};
template <class T>
concept list = requires(T& all) {
  typename T::value_type;
  all.emplace_back();
  all.clear();
  all[0];
};

template <class T>
consteval value_shape shape_of() {
  if constexpr (std::is_const_v<T> || std::is_reference_v<T> || is_secret_v<T>) {
    return value_shape::none;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value_shape::boolean;
  } else if constexpr (std::is_integral_v<T>) {
    if (sizeof(T) > 8) return value_shape::none;
    return std::is_signed_v<T> ? value_shape::integer : value_shape::whole;
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) <= 8 ? value_shape::real : value_shape::none;
  } else if constexpr (std::is_enum_v<T>) {
    return value_shape::named;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value_shape::text;
  } else if constexpr (std::is_same_v<T, std::vector<std::byte>>) {
    return value_shape::bytes;
  } else if constexpr (std::is_same_v<T, dynamic_value>) {
    return value_shape::dynamic;
  } else if constexpr (!std::is_class_v<T>) {
    return value_shape::none;
  } else if constexpr (described<T>) {
    return value_shape::record;
  } else if constexpr (requires { typename optional_of<T>::type; }) {
    return value_shape::optional;
  } else if constexpr (duration<T>) {
    return value_shape::duration;
  } else if constexpr (time_point<T>) {
    return value_shape::time_point;
  } else if constexpr (map<T>) {
    return value_shape::map;
  } else if constexpr (list<T>) {
    return value_shape::list;
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    if constexpr (requires { typename T::value_type; }) {
      return value_shape::array;
    } else {
      return value_shape::tuple;
    }
  } else {
    return value_shape::none;
  }
}

template <class... Seen>
struct field_check;

template <class T, std::size_t... I, class... Seen>
consteval bool is_encodable_tuple(std::index_sequence<I...>, field_check<Seen...> seen);

/// `Seen` holds the records around `T`: a record may contain lists of itself.
template <class T, class... Seen>
consteval bool is_encodable(field_check<Seen...> seen) {
  constexpr value_shape shape = shape_of<T>();
  if constexpr (shape == value_shape::none) {
    return false;
  } else if constexpr (shape == value_shape::optional) {
    using inner = typename optional_of<T>::type;
    constexpr value_shape in = shape_of<inner>();
    // Null already means "absent"; it can't mean an absent or null value inside as well.
    return in != value_shape::optional && in != value_shape::dynamic && is_encodable<inner>(seen);
  } else if constexpr (shape == value_shape::list || shape == value_shape::array) {
    return is_encodable<typename T::value_type>(seen);
  } else if constexpr (shape == value_shape::tuple) {
    return is_encodable_tuple<T>(std::make_index_sequence<std::tuple_size_v<T>>(), seen);
  } else if constexpr (shape == value_shape::map) {
    using key = typename T::key_type;
    constexpr value_shape k = shape_of<key>();
    return (k == value_shape::text || k == value_shape::integer || k == value_shape::whole ||
            described_enum<key>)&&is_encodable<typename T::mapped_type>(seen);
  } else if constexpr (shape == value_shape::record) {
    if constexpr ((std::is_same_v<T, Seen> || ...)) {
      return true;
    } else {
      return std::is_default_constructible_v<T> && with_fields<T>(field_check<T, Seen...>());
    }
  } else if constexpr (shape == value_shape::duration) {
    return std::is_arithmetic_v<typename T::rep>;
  } else if constexpr (shape == value_shape::time_point) {
    return std::is_arithmetic_v<typename T::rep>;
  } else {
    return true;
  }
}

template <class T, std::size_t... I, class... Seen>
consteval bool is_encodable_tuple(std::index_sequence<I...>, field_check<Seen...> seen) {
  return (is_encodable<std::tuple_element_t<I, T>>(seen) && ...);
}

template <class... Seen>
struct field_check {
  template <class... Field>
  constexpr bool operator()(const Field&...) const {
    return ((is_secret_v<typename Field::value_type> ||
             is_encodable<typename Field::value_type>(field_check<Seen...>())) &&
            ...);
  }
};

}  // namespace shapes

/// What `T` is to a codec.
template <class T>
inline constexpr value_shape shape_of = shapes::shape_of<T>();

/// A type that JSON, msgpack and a CSV cell can carry, and thus cross hosts, be shown, stored and edited: bool,
/// integers, float, double, std::string, std::vector<std::byte>, enums, durations and time points; `optional`,
/// vector, deque, array, pair, tuple and maps of those; described structs of those (which may contain secrets:
/// these stay behind); dynamic_value.
template <class T>
concept encodable = shapes::is_encodable<T>(shapes::field_check<>());

/// A described struct that can be encoded.
template <class T>
concept encodable_record = described<T> && encodable<T>;

}  // namespace sage
