/// The values of an app's options and of SAGE's settings, typed.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/app/option_spec.hpp"

namespace sage {

/// A type that an option's value can be read as: bool, a whole number, double, std::string,
/// std::vector<std::string>.
template <class T>
concept option_type = std::same_as<T, bool> || std::integral<T> || std::same_as<T, double> ||
    std::same_as<T, std::string> || std::same_as<T, std::vector<std::string>>;

/// Where a value came from, weakest first.
enum class option_origin : std::uint8_t { fallback, file, environment, command_line };

/// One value and where it came from.
struct resolved_option {
  option_spec spec;
  std::optional<option_value> value;  ///< nothing when nobody gave one and there is no default
  option_origin origin = option_origin::fallback;
  std::string place;  ///< "--input", "SAGE_INPUT", "a.yaml:3:1", "default"
};

/// All options of one run, read-only: what the user gave, or the default.
class options {
 public:
  options() = default;
  explicit options(std::vector<resolved_option> all) : all_(std::move(all)) {}

  /// The value of the option `name`. A flag that wasn't given is false, a list is empty. Throws
  /// errc::invalid_argument for a name that wasn't declared, another type than the declared one, and for an option
  /// that has neither value nor default (ask `has` first, or declare it `required`).
  template <option_type T>
  [[nodiscard]] T get(std::string_view name) const {
    if constexpr (std::same_as<T, bool>) {
      const bool* value = std::get_if<bool>(find(name, {option_kind::flag}));
      return value != nullptr && *value;
    } else if constexpr (std::integral<T>) {
      const auto value = std::get<std::int64_t>(
          *found(name, find(name, {option_kind::integer, option_kind::bytes, option_kind::duration})));
      if (!std::in_range<T>(value)) refuse(name, "does not fit into the type asked for");
      return static_cast<T>(value);
    } else if constexpr (std::same_as<T, double>) {
      return std::get<double>(*found(name, find(name, {option_kind::number})));
    } else if constexpr (std::same_as<T, std::string>) {
      return std::get<std::string>(*found(name, find(name, {option_kind::text})));
    } else {
      const auto* value = std::get_if<std::vector<std::string>>(find(name, {option_kind::texts}));
      return value != nullptr ? *value : std::vector<std::string>{};
    }
  }

  /// Whether the option has a value, given or by default.
  [[nodiscard]] bool has(std::string_view name) const;
  /// Whether somebody gave the value: on the command line, in the environment, in a file.
  [[nodiscard]] bool is_given(std::string_view name) const;
  /// The option with its origin, for messages.
  [[nodiscard]] const resolved_option& at(std::string_view name) const;
  [[nodiscard]] const std::vector<resolved_option>& all() const noexcept { return all_; }

 private:
  /// The value, or null when there is none. Throws when it is not declared as one of `kinds`.
  [[nodiscard]] const option_value* find(std::string_view name, std::initializer_list<option_kind> kinds) const;
  [[nodiscard]] static const option_value* found(std::string_view name, const option_value* value) {
    if (value == nullptr) refuse(name, "has no value");
    return value;
  }
  [[noreturn]] static void refuse(std::string_view name, const std::string& why);

  std::vector<resolved_option> all_;
};

}  // namespace sage
