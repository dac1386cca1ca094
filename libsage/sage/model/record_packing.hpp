/// Records as bytes that say what they are, and back: for those who keep single records of types they don't know.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "sage/model/batch.hpp"
#include "sage/model/decode_problem.hpp"
#include "sage/model/msgpack.hpp"

namespace sage {

/// How records of one type are kept one by one. A constant per type.
struct record_packing {
  const record_type* type = nullptr;
  /// Appends the record as MessagePack. Throws as `append_msgpack`.
  void (*pack)(std::string& out, const void* record) = nullptr;
  /// Appends the record that `bytes` are to `into`, which has room. False fills `problem`. Null where records can't
  /// come back as they were: they view other memory, or hold secrets, which are never kept.
  bool (*unpack)(std::string_view bytes, batch_base& into, decode_problem& problem) = nullptr;
};

namespace detail {

template <class... Seen>
struct secret_search;

/// Whether a secret is anywhere in `T`. `Seen` holds the records around it.
template <class T, class... Seen>
consteval bool holds_secret(secret_search<Seen...> seen) {
  if constexpr (is_secret_v<T>) {
    return true;
  } else if constexpr ((std::is_same_v<T, Seen> || ...)) {
    return false;
  } else if constexpr (shape_of<T> == value_shape::record) {
    return with_fields<T>(secret_search<T, Seen...>());
  } else if constexpr (shape_of<T> == value_shape::map) {
    return holds_secret<typename T::mapped_type>(seen);
  } else if constexpr (shape_of<T> == value_shape::list || shape_of<T> == value_shape::array ||
                       shape_of<T> == value_shape::optional) {
    return holds_secret<typename T::value_type>(seen);
  } else if constexpr (shape_of<T> == value_shape::tuple) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (holds_secret<std::tuple_element_t<I, T>>(secret_search<Seen...>()) || ...);
    }
    (std::make_index_sequence<std::tuple_size_v<T>>());
  } else {
    return false;
  }
}

template <class... Seen>
struct secret_search {
  template <class... Field>
  constexpr bool operator()(const Field&...) const {
    return (holds_secret<typename Field::value_type>(secret_search<Seen...>()) || ...);
  }
};

template <encodable T>
struct packing_table {
  static void pack(std::string& out, const void* record) { append_msgpack(out, *static_cast<const T*>(record)); }
  static bool unpack(std::string_view bytes, batch_base& into, decode_problem& problem) {
    T record{};
    if (!decode_msgpack(bytes, record, problem)) return false;
    static_cast<batch<T>&>(into).emplace_back(std::move(record));
    return true;
  }
  static constexpr record_packing table{&type_table<T>::table, pack,
                                        holds_secret<T>(secret_search<>()) ? nullptr : unpack};
};

}  // namespace detail

/// The packing of `T`; null for a type that can't be encoded.
template <class T>
[[nodiscard]] constexpr const record_packing* record_packing_of() noexcept {
  if constexpr (encodable<T>) {
    return &detail::packing_table<T>::table;
  } else {
    return nullptr;
  }
}

}  // namespace sage
