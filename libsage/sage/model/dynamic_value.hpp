/// A value whose type is known only at run time: what JSON, msgpack or a person may hand in.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sage/model/value_kind.hpp"

namespace sage {

class dynamic_value;

using byte_string = std::vector<std::byte>;
using dynamic_list = std::vector<dynamic_value>;
/// Entries in the order in which they were read or added; keys are unique.
using dynamic_map = std::vector<std::pair<std::string, dynamic_value>>;

/// Null, bool, a whole number, a double, text (UTF-8), bytes, a list or a map that keeps its order. A value:
/// copyable, comparable, encodable. Whole numbers are `int64` whenever they fit, so equal numbers are equal values.
class dynamic_value {
 public:
  dynamic_value() = default;
  dynamic_value(std::nullptr_t) {}                                       // NOLINT: implicit by design
  dynamic_value(bool value) : content_(value) {}                         // NOLINT
  dynamic_value(double value) : content_(value) {}                       // NOLINT
  dynamic_value(const char* text) : content_(std::string(text)) {}       // NOLINT
  dynamic_value(std::string_view text) : content_(std::string(text)) {}  // NOLINT
  dynamic_value(std::string text) : content_(std::move(text)) {}         // NOLINT
  dynamic_value(byte_string bytes) : content_(std::move(bytes)) {}       // NOLINT
  dynamic_value(dynamic_list list) : content_(std::move(list)) {}        // NOLINT
  dynamic_value(dynamic_map map) : content_(std::move(map)) {}           // NOLINT
  template <std::signed_integral Integer>
  dynamic_value(Integer value) : content_(static_cast<std::int64_t>(value)) {}  // NOLINT
  template <std::unsigned_integral Integer>
  dynamic_value(Integer value) {  // NOLINT
    if (static_cast<std::uint64_t>(value) <= 0x7fffffffffffffff) {
      content_ = static_cast<std::int64_t>(value);
    } else {
      content_ = static_cast<std::uint64_t>(value);
    }
  }

  [[nodiscard]] value_kind kind() const noexcept { return static_cast<value_kind>(content_.index()); }
  [[nodiscard]] bool is_null() const noexcept { return kind() == value_kind::null; }

  /// The content if it is exactly a `T` (bool, int64, uint64, double, string, byte_string, dynamic_list,
  /// dynamic_map), else null.
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&content_);
  }
  template <class T>
  [[nodiscard]] T* get_if() noexcept {
    return std::get_if<T>(&content_);
  }

  /// Any number as a double; nothing for everything else.
  [[nodiscard]] std::optional<double> number() const noexcept;
  /// The text, or an empty view for everything else.
  [[nodiscard]] std::string_view text() const noexcept;
  /// The entry of a map called `key`, or null. O(entries).
  [[nodiscard]] const dynamic_value* find(std::string_view key) const noexcept;
  [[nodiscard]] dynamic_value* find(std::string_view key) noexcept;
  /// The entry called `key`, added (as null) when it isn't there; anything but a map becomes one.
  dynamic_value& operator[](std::string_view key);

  friend bool operator==(const dynamic_value& a, const dynamic_value& b);

 private:
  // In the order of value_kind.
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, byte_string, dynamic_list,
               dynamic_map>
      content_;
};

}  // namespace sage
