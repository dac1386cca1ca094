/// The tool that fetches pages of the public internet, and of no other network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sage/agents/tools/tool.hpp"

namespace sage::tools {

struct fetch_page_options {
  std::string name = "fetch_page";
  /// "host:port" that may be fetched from whatever its address is: for tests and for what is meant to be reached.
  std::vector<std::string> allow_hosts;
  std::vector<std::uint16_t> ports = {80, 443};
  std::uint32_t redirects_max = 5;
  std::size_t page_bytes_max = 24 * 1024;  ///< after decompression; what is beyond is not read
  std::size_t headers_bytes_max = 32 * 1024;
  std::uint32_t connect_ms_max = 5'000;
  std::uint32_t total_ms_max = 15'000;  ///< over all redirects
};

/// {url: string} -> {"url", "status", "content_type", "text", "cut"}.
///
/// Cannot be turned inward: only http and https, only `ports`, no user names in the URL; the address that is really
/// connected to is looked at when the socket is made (so a name that is resolved anew to another address gains
/// nothing), and must be of the public internet. Redirects are followed by hand, each checked as the first. No proxy
/// of the environment, no cookies, no credentials. Only text is handed on. Throws errc::unsupported in a build
/// without curl.
[[nodiscard]] tool_ref fetch_page(const fetch_page_options& options = {});

}  // namespace sage::tools
