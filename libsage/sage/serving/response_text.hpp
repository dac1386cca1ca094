/// The bytes of HTTP/1 responses: heads, chunks, reasons.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sage/serving/server_request.hpp"

namespace sage::serving {

/// "Not Found"; "Unknown" for a status that has no name.
[[nodiscard]] std::string_view status_reason(int status) noexcept;

/// How the end of a body is told.
struct body_framing {
  std::optional<std::size_t> content_bytes;  ///< known before; otherwise chunks, or the end of the connection
  bool is_chunked = false;
  bool closes = false;  ///< this is the connection's last response
  bool is_http_1_0 = false;
};

/// Appends a head. Fields of `headers` that are ours to decide (Connection, Content-Length, Transfer-Encoding) are
/// left out; control characters, with which a value could become a field of its own, are replaced by blanks.
void append_head(std::string& to, int status, const http_headers& headers, const body_framing& framing);

/// Appends `bytes` as one chunk; nothing for no bytes, as that would be the last one.
void append_chunk(std::string& to, std::string_view bytes);
/// What ends a body of chunks.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
/// What an eager client waits for before it sends a body.
inline constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

/// Whether a response with this status has a body at all.
[[nodiscard]] constexpr bool has_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace sage::serving
