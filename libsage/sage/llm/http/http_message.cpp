#include "sage/llm/http/http_message.hpp"

#include <algorithm>

namespace sage::llm {

namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view find_header(const http_headers& headers, std::string_view name) noexcept {
  for (const http_header& each : headers) {
    if (std::equal(each.name.begin(), each.name.end(), name.begin(), name.end(),
                   [](char a, char b) { return lower(a) == lower(b); })) {
      return each.value;
    }
  }
  return {};
}

void hide_secret(std::string& text, const secret<std::string>& hidden) {
  constexpr std::size_t secret_bytes_min = 4;
  constexpr std::string_view mask = "***";
  const std::string& value = hidden.reveal();
  if (value.size() < secret_bytes_min) return;
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + mask.size())) {
    text.replace(at, value.size(), mask);
  }
}

std::string_view to_string(http_failure failure) noexcept {
  switch (failure) {
    case http_failure::none: return "none";
    case http_failure::resolve: return "resolve";
    case http_failure::connect: return "connect";
    case http_failure::tls: return "tls";
    case http_failure::timeout: return "timeout";
    case http_failure::reset: return "reset";
    case http_failure::too_large: return "too_large";
    case http_failure::protocol: return "protocol";
    case http_failure::cancelled: return "cancelled";
    case http_failure::refused: return "refused";
    case http_failure::other: break;
  }
  return "other";
}

}  // namespace sage::llm
