/// Hashes keys the same way on every host, build and run: key -> hash -> key group -> instance.
///
/// The algorithm (wyhash final 4.2 with seed 0, public domain, Wang Yi) and its test vectors are published in
/// docs/formats/hash.md. Snapshots and placement depend on every bit of it: it never changes.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sage {

/// Key groups of a job unless it says otherwise: the unit of keyed state and of rescaling.
inline constexpr std::uint32_t key_groups_default = 1024;

namespace hashing {

__extension__ using uint128 = unsigned __int128;

inline constexpr std::uint64_t secret_0 = 0x2d358dccaa6c78a5;
inline constexpr std::uint64_t secret_1 = 0x8bb84b93962eacc9;
inline constexpr std::uint64_t secret_2 = 0x4b33a62ed433d4a3;
inline constexpr std::uint64_t secret_3 = 0x4d5a2da51de1aa47;

/// Multiplies to 128 bits and folds the halves: the one mixing step everything here is made of.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const uint128 product = static_cast<uint128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Reads `T` as little-endian, whatever the host is.
template <class T>
[[nodiscard]] inline std::uint64_t read(const unsigned char* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
  }
  return value;
}

[[nodiscard]] constexpr std::uint64_t seed_state(std::uint64_t seed) noexcept {
  return seed ^ mix(seed ^ secret_0, secret_1);
}

[[nodiscard]] constexpr std::uint64_t finish(std::uint64_t a, std::uint64_t b, std::uint64_t state,
                                             std::uint64_t size) noexcept {
  const uint128 product = static_cast<uint128>(a ^ secret_1) * (b ^ state);
  return mix(static_cast<std::uint64_t>(product) ^ secret_0 ^ size,
             static_cast<std::uint64_t>(product >> 64) ^ secret_1);
}

/// The part for more than 16 bytes, compiled once.
[[nodiscard]] std::uint64_t hash_long_bytes(const unsigned char* from, std::size_t size, std::uint64_t seed) noexcept;

/// The hash of eight little-endian bytes, without going through memory.
[[nodiscard]] constexpr std::uint64_t hash_word(std::uint64_t word) noexcept {
  return finish(std::rotl(word, 32), word, seed_state(0), 8);
}

/// Sequences (vectors, arrays, tuples, structs, optionals) fold the hashes of their elements in order.
inline constexpr std::uint64_t sequence_start = secret_2;
[[nodiscard]] constexpr std::uint64_t sequence_add(std::uint64_t state, std::uint64_t element) noexcept {
  return mix(state ^ secret_3, element ^ secret_1);
}
[[nodiscard]] constexpr std::uint64_t sequence_end(std::uint64_t state, std::uint64_t count) noexcept {
  return finish(state, count, seed_state(0), count);
}

}  // namespace hashing

/// Hashes bytes; equal bytes and seed give an equal hash everywhere. Inline for up to 16 bytes; O(size).
[[nodiscard]] inline std::uint64_t hash_bytes(const void* bytes, std::size_t size, std::uint64_t seed = 0) noexcept {
  const auto* from = static_cast<const unsigned char*>(bytes);
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (size > 16) return hashing::hash_long_bytes(from, size, seed);
  if (size >= 4) {
    const std::size_t middle = (size >> 3) << 2;
    a = (hashing::read<std::uint32_t>(from) << 32) | hashing::read<std::uint32_t>(from + middle);
    b = (hashing::read<std::uint32_t>(from + size - 4) << 32) |
        hashing::read<std::uint32_t>(from + size - 4 - middle);
  } else if (size > 0) {
    a = (std::uint64_t{from[0]} << 16) | (std::uint64_t{from[size >> 1]} << 8) | from[size - 1];
  }
  return hashing::finish(a, b, hashing::seed_state(seed), size);
}

namespace hashing {

template <class T>
concept hashes_itself = (std::is_class_v<T> || std::is_union_v<T> || std::is_enum_v<T>)&&requires(const T& key) {
  { sage_hash(key) } -> std::same_as<std::uint64_t>;
};
template <class T>
concept text = std::is_convertible_v<const T&, std::string_view>;
template <class T>
concept timed = requires(const T& time) {  // std::chrono::duration, recognised without <chrono>
  typename T::rep;
  typename T::period;
  { time.count() } -> std::convertible_to<typename T::rep>;
};
template <class T>
concept time_point = requires(const T& time) {
  typename T::clock;
  { time.time_since_epoch() } -> timed;
};
template <class T>
concept sequence = !text<T> && !requires {
  typename T::hasher;
}
&&requires(const T& many) {
  typename T::value_type;  // no unordered container: their order differs between runs
  many.begin() != many.end();
  { many.size() } -> std::convertible_to<std::size_t>;
};
template <class T>
concept tuple_like = requires {
  std::tuple_size<T>::value;
};
struct all_fields_hashable {  // model/describe.hpp is above this layer: its function is found by its name
  template <class... Field>
  constexpr bool operator()(const Field&...) const;
};
template <class T>
concept described_fields = std::is_class_v<T> && requires(const T* type) {
  sage_describe(type, all_fields_hashable{});
};

template <class T>
struct optional_value {};
template <class T>
struct optional_value<std::optional<T>> {
  using type = T;
};
template <class T>
concept optional_like = requires {
  typename optional_value<T>::type;
};

template <class T>
consteval bool is_hashable();

template <class T, std::size_t... I>
consteval bool all_elements_hashable(std::index_sequence<I...>) {
  return (is_hashable<std::remove_cvref_t<std::tuple_element_t<I, T>>>() && ...);
}

template <class T>
consteval bool is_hashable() {
  if constexpr (hashes_itself<T> || text<T> || std::is_enum_v<T>) {
    return true;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return sizeof(T) <= 8;  // long double differs between hosts, __int128 needs a decision nobody asked for
  } else if constexpr (timed<T>) {
    return std::is_arithmetic_v<typename T::rep>;
  } else if constexpr (time_point<T>) {
    return true;
  } else if constexpr (optional_like<T>) {
    return is_hashable<typename optional_value<T>::type>();
  } else if constexpr (sequence<T>) {
    return is_hashable<typename T::value_type>();
  } else if constexpr (tuple_like<T>) {
    return all_elements_hashable<T>(std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (described_fields<T>) {
    return sage_describe(static_cast<const T*>(nullptr), all_fields_hashable{});
  } else {
    return false;
  }
}

template <class... Field>
constexpr bool all_fields_hashable::operator()(const Field&...) const {
  return (is_hashable<std::remove_cv_t<typename Field::value_type>>() && ...);
}

}  // namespace hashing

/// A type that may be a key: integers, bool, enums, float and double, text, durations and time points; optionals,
/// ordered containers, pairs, tuples and described structs of those; types with `std::uint64_t sage_hash(const T&)`
/// beside them (found by argument-dependent look-up, preferred to all else).
template <class K>
concept hashable = hashing::is_hashable<std::remove_cvref_t<K>>();

/// Hashes a key; equal keys hash equally across processes, hosts and builds, and so do equal integers of
/// different width (`int 5`, `std::uint64_t 5`) and equal text of different type. O(bytes of the key).
template <hashable K>
[[nodiscard]] inline std::uint64_t stable_hash(const K& key) noexcept(!std::is_class_v<K>) {
  if constexpr (hashing::hashes_itself<K>) {
    return sage_hash(key);
  } else if constexpr (hashing::text<K>) {
    const std::string_view text = key;
    return hash_bytes(text.data(), text.size());
  } else if constexpr (std::is_enum_v<K>) {
    return stable_hash(static_cast<std::underlying_type_t<K>>(key));
  } else if constexpr (std::is_floating_point_v<K>) {
    std::uint64_t bits = std::bit_cast<std::uint64_t>(static_cast<double>(key));
    constexpr std::uint64_t infinity = 0x7ff0000000000000;
    if (bits << 1 == 0) bits = 0;                              // -0.0 equals 0.0: one key group
    if (bits << 1 > infinity << 1) bits = 0x7ff8000000000000;  // all NaN alike
    return hashing::hash_word(bits);
  } else if constexpr (std::is_integral_v<K>) {
    return hashing::hash_word(static_cast<std::uint64_t>(key));  // signed values are sign-extended by the cast
  } else if constexpr (hashing::timed<K>) {
    return stable_hash(key.count());
  } else if constexpr (hashing::time_point<K>) {
    return stable_hash(key.time_since_epoch().count());
  } else if constexpr (hashing::optional_like<K>) {
    if (!key) return hashing::sequence_end(hashing::sequence_start, 0);
    return hashing::sequence_end(hashing::sequence_add(hashing::sequence_start, stable_hash(*key)), 1);
  } else if constexpr (hashing::sequence<K>) {
    std::uint64_t state = hashing::sequence_start;
    for (auto it = key.begin(); it != key.end(); ++it) {
      const typename K::value_type& element = *it;
      state = hashing::sequence_add(state, stable_hash(element));
    }
    return hashing::sequence_end(state, key.size());
  } else if constexpr (hashing::tuple_like<K>) {
    std::uint64_t state = hashing::sequence_start;
    std::apply([&](const auto&... part) { ((state = hashing::sequence_add(state, stable_hash(part))), ...); }, key);
    return hashing::sequence_end(state, std::tuple_size_v<K>);
  } else {
    std::uint64_t state = hashing::sequence_start;
    std::uint64_t count = 0;
    sage_describe(static_cast<const K*>(nullptr), [&](const auto&... field) {
      ((state = hashing::sequence_add(state, stable_hash(key.*(field.member)))), ...);
      count = sizeof...(field);
    });
    return hashing::sequence_end(state, count);
  }
}

/// The key group of a hash: its upper half scaled to `groups` (> 0), so that hash tables may use the lower bits.
[[nodiscard]] constexpr std::uint32_t key_group(std::uint64_t hash,
                                                std::uint32_t groups = key_groups_default) noexcept {
  return static_cast<std::uint32_t>(((hash >> 32) * groups) >> 32);
}

/// The instance that owns `group`: contiguous ranges, sizes differing by at most one. Needs group < groups and
/// 0 < parallelism <= groups.
[[nodiscard]] constexpr std::uint32_t instance_of_group(std::uint32_t group, std::uint32_t parallelism,
                                                        std::uint32_t groups = key_groups_default) noexcept {
  return static_cast<std::uint32_t>(std::uint64_t{group} * parallelism / groups);
}

/// The first group of `instance`; the groups of an instance end where those of the next begin.
[[nodiscard]] constexpr std::uint32_t first_group_of(std::uint32_t instance, std::uint32_t parallelism,
                                                     std::uint32_t groups = key_groups_default) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{instance} * groups + parallelism - 1) / parallelism);
}

}  // namespace sage
