/// Bytes as text and back (RFC 4648, section 4: `+`, `/`, padding).
#pragma once

#include <string>
#include <string_view>

namespace sage {

void append_base64(std::string& out, std::string_view bytes);

/// Appends the bytes of `text`; false, with `out` as it was, when it is not canonical base64.
[[nodiscard]] bool append_from_base64(std::string& out, std::string_view text);

}  // namespace sage
