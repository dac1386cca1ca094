/// Where a request belongs in a distributed trace: what `traceparent` carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sage {

/// The ids of W3C Trace Context, level 1. A trace id of 0 is none.
struct trace_context {
  std::uint64_t trace_high = 0;  ///< the first 8 bytes of the trace id
  std::uint64_t trace_low = 0;   ///< the last 8
  std::uint64_t parent_span = 0;
  std::uint8_t flags = 0;  ///< bit 0: sampled

  [[nodiscard]] bool is_set() const noexcept { return (trace_high | trace_low) != 0; }
  /// The trace id as 32 lower-case hexadecimal digits.
  [[nodiscard]] std::string trace_id() const;
  /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`
  [[nodiscard]] std::string to_traceparent() const;
  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// Reads the value of a `traceparent` header; nothing when it isn't one, as the standard wants it ignored then.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view header) noexcept;

}  // namespace sage
