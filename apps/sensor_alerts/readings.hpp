/// What sensors say, and a generator of it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include <sage/sage.hpp>

namespace sensor_alerts {

struct reading {
  std::string sensor;
  std::int64_t at_ms = 0;  ///< since the Unix epoch
  double celsius = 0;
};
SAGE_DESCRIBE(reading, sensor, at_ms, celsius)

/// How far a reading of `readings_of` may come behind a newer one.
inline constexpr std::int64_t disorder_ms = 2000;

/// `count` readings of `sensors` sensors, in the order in which they come in: up to two seconds out of order, no two
/// of a sensor with the same time. Temperatures wander; now and then a sensor runs hot, spikes, or is silent for
/// minutes. The same ones for the same arguments.
[[nodiscard]] std::vector<reading> readings_of(std::uint64_t count, std::uint32_t sensors, std::uint64_t seed);

// What is written. Members stand in the order of the columns; rows are ordered by them from left to right.

/// Readings of a sensor without a longer gap.
struct session_row {
  std::string sensor;
  std::int64_t start_ms = 0;
  std::int64_t last_ms = 0;  ///< of its latest reading
  std::uint64_t readings = 0;
  double least = 0;
  double most = 0;
  auto operator<=>(const session_row&) const = default;
};
SAGE_DESCRIBE(session_row, sensor, start_ms, last_ms, readings, least, most)

struct alert_row {
  std::int64_t at_ms = 0;  ///< of the reading that it is about
  std::string sensor;
  std::string alert;  ///< overheating, spike, silent
  double celsius = 0;
  auto operator<=>(const alert_row&) const = default;
};
SAGE_DESCRIBE(alert_row, at_ms, sensor, alert, celsius)

}  // namespace sensor_alerts
