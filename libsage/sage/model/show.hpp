/// Shows a record to a person: in dead letters, logs and probes.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

namespace sage {

/// The text of `record`: itself for text and numbers, what an ADL function `sage_show(const T&)` says for types
/// that have one, otherwise nothing. Never a secret.
template <class T>
[[nodiscard]] std::string show(const T& record) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(record));
  } else if constexpr (std::is_same_v<T, bool>) {
    return record ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(record);
  } else if constexpr (requires { std::string(sage_show(record)); }) {
    return std::string(sage_show(record));
  } else {
    return {};
  }
}

}  // namespace sage
