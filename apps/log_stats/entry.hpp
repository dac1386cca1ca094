/// What is read of a log record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sage/sage.hpp>

namespace log_stats {

/// How much a record matters, least first.
enum class level : std::uint8_t { trace, debug, info, warn, error, fatal };
SAGE_DESCRIBE_ENUM(level, trace, debug, info, warn, error, fatal)

/// Levels in any case; "warning" is warn, "critical" is fatal. False for anything else.
[[nodiscard]] bool sage_enum_from_text(std::string_view text, level& value);

/// One log record. Its `time` is not among the fields: nothing here needs it, and columns that are no field are
/// skipped.
struct entry {
  std::string service;
  log_stats::level level = log_stats::level::info;
  std::uint32_t status = 0;
  double duration_ms = 0;
  std::uint64_t bytes = 0;
};
SAGE_DESCRIBE(entry, service, level, status, duration_ms, bytes)

/// A duration in nanoseconds, which is exact for what logs have: whole milliseconds, or some with up to six decimals.
/// Throws errc::parse for what is no duration: less than 0, or more than 290 years.
[[nodiscard]] std::uint64_t nanoseconds_of(double milliseconds);

}  // namespace log_stats
