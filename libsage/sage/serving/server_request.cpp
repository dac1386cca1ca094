#include "sage/serving/server_request.hpp"

#include <algorithm>

namespace sage::serving {

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view server_request::header(std::string_view name) const noexcept {
  for (const auto& [field, value] : headers) {
    if (equal_without_case(field, name)) return value;
  }
  return {};
}

}  // namespace sage::serving
