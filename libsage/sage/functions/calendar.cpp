#include "sage/functions/calendar.hpp"

#include <chrono>

#include "sage/base/error.hpp"

#ifdef SAGE_HAS_TIME_ZONES

#include <algorithm>
#include <stdexcept>

#include <date/tz.h>

namespace sage::functions {

namespace {

using std::chrono::milliseconds;
using instant = date::sys_time<milliseconds>;
using local_instant = date::local_time<milliseconds>;

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    throw error(errc::invalid_argument, "there is no time zone '" + name + "' on this machine", "calendar",
                "use a name such as Europe/Berlin or UTC; the package tzdata has them");
  }
}

// The first instant of a date.
instant begin_of(const date::time_zone& zone, date::local_days day) {
  const date::local_info around = zone.get_info(day);
  if (around.result == date::local_info::nonexistent) {
    return date::floor<milliseconds>(around.second.begin);
  }
  return instant(day.time_since_epoch() - around.first.offset);  // of two midnights the earlier one
}

// The first day of the span of `unit` that a day belongs to, and that of the next one.
date::local_days first_day(calendar_unit unit, date::local_days day) {
  switch (unit) {
    case calendar_unit::week: return day - (date::weekday(day) - date::Monday);
    case calendar_unit::month: {
      const date::year_month_day parts(day);
      return date::local_days(parts.year() / parts.month() / 1);
    }
    default: return day;
  }
}
date::local_days next_day(calendar_unit unit, date::local_days first) {
  switch (unit) {
    case calendar_unit::week: return first + date::days(7);
    case calendar_unit::month: {
      const date::year_month_day parts(first);
      return date::local_days((parts.year() / parts.month() + date::months(1)) / 1);
    }
    default: return first + date::days(1);
  }
}

}  // namespace

struct calendar::zone_rules {
  const date::time_zone* zone;
};

calendar::calendar(calendar_unit unit, const std::string& zone)
    : unit_(unit), rules_(std::make_unique<zone_rules>(zone_rules{find_zone(zone)})) {}
calendar::~calendar() = default;

void calendar::span_of(event_time time, event_time& start, event_time& end) const {
  const date::time_zone& zone = *rules_->zone;
  const instant at{milliseconds(time)};
  const date::sys_info now = zone.get_info(date::floor<std::chrono::seconds>(at));
  const local_instant local(at.time_since_epoch() + now.offset);
  if (unit_ == calendar_unit::hour) {
    const auto into = local - date::floor<std::chrono::hours>(local);
    const instant from = at - into;
    start = std::max<instant>(from, now.begin).time_since_epoch().count();
    end = std::min<instant>(from + std::chrono::hours(1), now.end).time_since_epoch().count();
    return;
  }
  date::local_days first = first_day(unit_, date::floor<date::days>(local));
  // Where clocks are set back over midnight, an instant may have the date of yesterday although today has begun.
  while (at >= begin_of(zone, next_day(unit_, first))) first = next_day(unit_, first);
  start = begin_of(zone, first).time_since_epoch().count();
  end = begin_of(zone, next_day(unit_, first)).time_since_epoch().count();
}

}  // namespace sage::functions

#else

namespace sage::functions {

struct calendar::zone_rules {};

calendar::calendar(calendar_unit unit, const std::string& zone) : unit_(unit) {
  if (zone == "UTC") return;
  throw error(errc::unsupported, "this build knows no time zones", "calendar",
              "use UTC, or build with libhowardhinnant-date-dev installed");
}
calendar::~calendar() = default;

void calendar::span_of(event_time time, event_time& start, event_time& end) const {
  using namespace std::chrono;
  using milli_time = sys_time<milliseconds>;
  const milli_time at{milliseconds(time)};
  milli_time from = floor<days>(at);
  milli_time to = from + days(1);
  const sys_days day = floor<days>(at);
  if (unit_ == calendar_unit::hour) {
    from = floor<hours>(at);
    to = from + hours(1);
  } else if (unit_ == calendar_unit::week) {
    from = day - (weekday(day) - Monday);
    to = from + days(7);
  } else if (unit_ == calendar_unit::month) {
    const year_month_day parts(day);
    from = sys_days(parts.year() / parts.month() / 1);
    to = sys_days((parts.year() / parts.month() + months(1)) / 1);
  }
  start = from.time_since_epoch().count();
  end = to.time_since_epoch().count();
}

}  // namespace sage::functions

#endif
