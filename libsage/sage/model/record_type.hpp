/// What the untyped parts (gates, routers, pool) must know of a record type: one table of functions per type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sage {

class batch_base;

/// The operations on a batch that need its record type, each called once per batch. One constant table per type.
struct record_type {
  std::string_view name;  ///< as C++ spells it; for messages and graphs
  std::size_t size;       ///< bytes of one record, without what it points to
  std::size_t alignment;
  bool copyable;
  bool holds_views;  ///< records may view the batch's byte blocks

  void (*destroy)(batch_base&) noexcept;
  /// Appends copies of all records of `from` to `to`, which has room. Null for a type that can't be copied.
  void (*copy_all)(const batch_base& from, batch_base& to);
  /// Moves the `count` records at `positions` of `from` behind those of `to`, which has room.
  void (*move_selected)(batch_base& from, const std::uint32_t* positions, std::size_t count, batch_base& to);
  /// The same with copies, for a batch that others hold as well. Null for a type that can't be copied.
  void (*copy_selected)(const batch_base& from, const std::uint32_t* positions, std::size_t count, batch_base& to);
  /// Approximate bytes of all records with what they own.
  std::uint64_t (*payload_bytes)(const batch_base&) noexcept;
};

/// The table of `T`: the same object for every call in the process.
template <class T>
[[nodiscard]] const record_type& record_type_of() noexcept;

/// The C++ spelling of `T`, without heap or RTTI: `"shop::order"`.
template <class T>
[[nodiscard]] constexpr std::string_view type_name() noexcept {
  constexpr std::string_view function = __PRETTY_FUNCTION__;
  constexpr std::string_view marker = "T = ";
  constexpr std::size_t begin = function.find(marker) + marker.size();
  // g++ appends "; std::string_view = …" and clang "]".
  constexpr std::size_t end =
      function.find(';', begin) != std::string_view::npos ? function.find(';', begin) : function.rfind(']');
  return function.substr(begin, end - begin);
}

}  // namespace sage
