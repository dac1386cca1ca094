/// One HTTP request as the server hands it out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/clock.hpp"

namespace sage::serving {

/// Header fields in the order in which they came or go. Names compare without case.
using http_headers = std::vector<std::pair<std::string, std::string>>;

/// A complete request: head and body are here. A value.
struct server_request {
  std::uint64_t id = 0;  ///< numbered by its server, from 1
  std::string method;    ///< as sent: "POST"
  std::string path;      ///< "/v1/chat/completions", as sent, without the query
  std::string query;     ///< behind the '?', as sent
  http_headers headers;
  std::string body;
  std::string peer;  ///< the address it came from, without the port
  nanoseconds received = 0;

  /// The first field called `name`, or an empty text. O(fields).
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Whether two texts are equal but for the case of ASCII letters.
[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b) noexcept;

}  // namespace sage::serving
