#include "sage/serving/response_text.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace sage::serving {

namespace {

constexpr std::pair<int, std::string_view> reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// Nobody may end a line in the middle of a value.
void append_clean(std::string& to, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    to += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
}

void append_field(std::string& to, std::string_view name, std::string_view value) {
  append_clean(to, name);
  to += ": ";
  append_clean(to, value);
  to += "\r\n";
}

bool is_ours(std::string_view name) noexcept {
  return equal_without_case(name, "connection") || equal_without_case(name, "content-length") ||
         equal_without_case(name, "transfer-encoding");
}

}  // namespace

std::string_view status_reason(int status) noexcept {
  for (const auto& [number, reason] : reasons) {
    if (number == status) return reason;
  }
  return "Unknown";
}

void append_head(std::string& to, int status, const http_headers& headers, const body_framing& framing) {
  to += "HTTP/1.1 ";
  to += std::to_string(status);
  to += ' ';
  to += status_reason(status);
  to += "\r\n";
  for (const auto& [name, value] : headers) {
    if (!is_ours(name)) append_field(to, name, value);
  }
  if (framing.is_chunked) {
    to += "Transfer-Encoding: chunked\r\n";
  } else if (framing.content_bytes && has_body(status)) {
    append_field(to, "Content-Length", std::to_string(*framing.content_bytes));
  }
  if (framing.closes) {
    to += "Connection: close\r\n";
  } else if (framing.is_http_1_0) {
    to += "Connection: keep-alive\r\n";
  }
  to += "\r\n";
}

void append_chunk(std::string& to, std::string_view bytes) {
  if (bytes.empty()) return;
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  to.append(size.data(), end);
  to += "\r\n";
  to += bytes;
  to += "\r\n";
}

}  // namespace sage::serving
