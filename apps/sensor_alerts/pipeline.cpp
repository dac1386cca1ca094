#include "sensor_alerts/pipeline.hpp"

#include <algorithm>
#include <chrono>

#include "ordered_rows/in_order.hpp"

namespace sensor_alerts {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using match = sage::pattern_match<reading>;

struct session_sums {
  std::uint64_t readings = 0;
  std::int64_t last_ms = 0;
  double least = 0;
  double most = 0;
};
SAGE_DESCRIBE(session_sums, readings, last_ms, least, most)

struct sum_up_session {
  using accumulator = session_sums;
  void add(accumulator& acc, const reading& r) const { merge(acc, {1, r.at_ms, r.celsius, r.celsius}); }
  void merge(accumulator& acc, const accumulator& more) const {
    if (more.readings == 0) return;
    acc.least = acc.readings == 0 ? more.least : std::min(acc.least, more.least);
    acc.most = acc.readings == 0 ? more.most : std::max(acc.most, more.most);
    acc.last_ms = std::max(acc.last_ms, more.last_ms);
    acc.readings += more.readings;
  }
  session_row result(const std::string& sensor, const sage::window& when, accumulator&& acc) const {
    return {sensor, when.start, acc.last_ms, acc.readings, acc.least, acc.most};
  }
};

sage::pattern<reading> overheating(double limit) {
  const auto is_hot = [limit](const reading& r) { return r.celsius > limit; };
  return sage::pattern<reading>("first", is_hot)
      .next("second", is_hot)
      .next("third", is_hot)
      .within(milliseconds(overheating_ms))
      .after(sage::after_match::skip_past_last);
}

sage::pattern<reading> spike(double factor) {
  const auto any = [](const reading&) { return true; };
  return sage::pattern<reading>("before", any).next("spike", [factor](const reading& r, const match& sofar) {
    return r.celsius > factor * sofar.last("before")->celsius;
  });
}

sage::pattern<reading> silence(std::int64_t for_s) {
  const auto any = [](const reading&) { return true; };
  return sage::pattern<reading>("last", any).not_followed_by("next", any).within(seconds(for_s));
}

// The alert about the event of a stage.
auto alert_about(const char* stage, const char* alert) {
  return [stage, alert](const match& found, sage::collector<alert_row>& out) {
    const reading& r = *found.last(stage);
    out.push({r.at_ms, r.sensor, alert, r.celsius});
  };
}

}  // namespace

void declare(const sage::data_stream<reading>& readings, const limits& wanted, const std::string& alerts,
             const std::string& sessions) {
  const auto by_sensor =
      readings.assign_timestamps(&reading::at_ms, sage::bounded_out_of_orderness(milliseconds(disorder_ms)))
          .name("times")
          .key_by(&reading::sensor);
  ordered_rows::write_in_order(
      by_sensor.window(sage::session(seconds(wanted.gap_s))).aggregate(sum_up_session{}).name("sessions"), sessions,
      "sessions_output");
  const auto hot = by_sensor.match(overheating(wanted.hot_celsius)).select(alert_about("third", "overheating"));
  const auto spikes = by_sensor.match(spike(wanted.spike_factor)).select(alert_about("spike", "spike"));
  const auto silent = by_sensor.match(silence(wanted.silence_s)).select(alert_about("last", "silent"));
  ordered_rows::write_in_order(hot.union_with(spikes, silent).name("alerts"), alerts, "alerts_output");
}

}  // namespace sensor_alerts
