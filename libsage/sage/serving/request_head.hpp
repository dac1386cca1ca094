/// Reads the head of an HTTP/1 request strictly: what two servers could understand in two ways is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sage/serving/allowed_hosts.hpp"
#include "sage/serving/http_problem.hpp"
#include "sage/serving/server_limits.hpp"
#include "sage/serving/server_request.hpp"

namespace sage::serving {

/// The head of a request, taken apart.
struct request_head {
  std::string method;
  std::string path;
  std::string query;
  http_headers headers;
  bool is_http_1_0 = false;
  bool keeps_alive = true;        ///< the client wants another request on this connection
  bool expects_continue = false;  ///< it sends its body only after `100 Continue`
  bool is_chunked = false;
  std::uint64_t content_bytes = 0;  ///< of a body that isn't chunked
};

/// Reads `text`, which ends with the first empty line. Refuses: anything but HTTP/1.0 and 1.1 (505), line ends
/// without CR, CR without LF, control characters, folded fields, blanks around names, both Content-Length and
/// Transfer-Encoding, either of them twice, transfer codings but `chunked` (501), a missing or second Host, a Host
/// that isn't `hosts` (421), targets that are no path, too many fields (431), a body beyond the limit (413). Every
/// problem closes the connection. O(bytes).
[[nodiscard]] std::variant<request_head, http_problem> read_head(std::string_view text, const allowed_hosts& hosts,
                                                                 const server_limits& limits);

/// The position of the first byte of `text`, from `begin` on, that can't be in a head: a LF without its CR, a CR
/// without its LF (unless it is the last byte), NUL and other control characters but the tabulator; or npos.
[[nodiscard]] std::size_t find_bad_head_byte(std::string_view text, std::size_t begin) noexcept;

}  // namespace sage::serving
