/// How long a provider asks to be left alone, whichever way it says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sage/llm/http/http_message.hpp"

namespace sage::llm {

/// What is done with times that can't be meant.
struct retry_after_limits {
  std::int64_t wait_ms_max = 10 * 60 * 1000;  ///< longer ones are shortened to it
};

/// The value of a Retry-After header: seconds ("2", "1.5") or an HTTP date, which `wall_ms` is compared to. What has
/// passed is 0; nothing for anything else. Units: milliseconds.
[[nodiscard]] std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t wall_ms,
                                                            const retry_after_limits& limits = {});

/// A duration as rate limits have it: "1s", "6m0s", "1h2m3.5s", "20ms", or a bare number of seconds.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ms(std::string_view value,
                                                            const retry_after_limits& limits = {});

/// Milliseconds since the Unix epoch of a date of HTTP (RFC 9110, 5.6.7, all three forms).
[[nodiscard]] std::optional<std::int64_t> parse_http_date_ms(std::string_view value);

/// What the headers of an answer ask for: retry-after-ms, else Retry-After, else the reset of whichever
/// x-ratelimit-* has nothing remaining. Units: milliseconds, at most limits.wait_ms_max.
[[nodiscard]] std::optional<std::int64_t> find_retry_after(const http_headers& headers, std::int64_t wall_ms,
                                                           const retry_after_limits& limits = {});

}  // namespace sage::llm
