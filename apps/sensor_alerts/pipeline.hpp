/// The pipeline of sensor_alerts: sessions of readings, and patterns in them.
#pragma once

#include <cstdint>
#include <string>

#include <sage/sage.hpp>

#include "sensor_alerts/readings.hpp"

namespace sensor_alerts {

struct limits {
  double hot_celsius = 60;      ///< three readings in a row above it, within half a minute, are overheating
  double spike_factor = 2;      ///< a reading that is more than so many times the one before is a spike
  std::int64_t gap_s = 30;      ///< readings that are further apart belong to two sessions
  std::int64_t silence_s = 60;  ///< a sensor without readings for so long is silent
};

inline constexpr std::int64_t overheating_ms = 30'000;

/// Declares the pipeline from readings to both files.
void declare(const sage::data_stream<reading>& readings, const limits& wanted, const std::string& alerts,
             const std::string& sessions);

}  // namespace sensor_alerts
