/// Hours, days, weeks and months as people in a time zone count them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sage/base/event_time.hpp"

namespace sage {

/// The spans a calendar has.
enum class calendar_unit : std::uint8_t {
  hour,   ///< of local time: shorter where clocks are set within one
  day,    ///< from local midnight to the next: 23 or 25 hours when clocks are set
  week,   ///< seven days from Monday on (ISO 8601)
  month,  ///< from the first day on
};

namespace functions {

/// Cuts time into the spans of one unit in one zone: every instant belongs to exactly one.
///
/// A day begins at the first instant of its date; where midnight doesn't exist because clocks are set forward over
/// it, with the first instant behind. An hour ends where clocks are set.
///
/// Cost  O(log(rules of the zone)) per look-up, some 0.5 us
class calendar {
 public:
  /// `zone` is a name of the IANA data base: "Europe/Berlin". Throws errc::invalid_argument for an unknown one,
  /// errc::unsupported for any but "UTC" in a build without time zones.
  calendar(calendar_unit unit, const std::string& zone);
  ~calendar();
  calendar(const calendar&) = delete;
  calendar& operator=(const calendar&) = delete;

  /// The span that `time` belongs to, half open, in milliseconds since the Unix epoch. Precondition: within the years
  /// 1 to 9999.
  void span_of(event_time time, event_time& start, event_time& end) const;

 private:
  struct zone_rules;
  calendar_unit unit_;
  std::unique_ptr<zone_rules> rules_;
};

}  // namespace functions
}  // namespace sage
