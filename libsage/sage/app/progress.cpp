#include "sage/app/progress.hpp"

#include <algorithm>
#include <cstdio>

namespace sage::apps {

namespace {

// Rates jump from batch to batch: each look counts this much, all before it the rest.
constexpr double newest_weight = 0.4;

template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace

std::string short_count(double count) {
  static constexpr const char* units[] = {"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  while (count >= 999.5 && unit + 1 < std::size(units)) {
    count /= 1000;
    ++unit;
  }
  return printed(unit == 0 || count >= 99.95 ? "%.0f%s" : "%.1f%s", count, units[unit]);
}

std::string short_time(double seconds) {
  const auto whole = static_cast<long long>(std::min(seconds, 3.6e8));
  if (whole >= 3600) return printed("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return printed("%lld:%02lld", whole / 60, whole % 60);
}

std::optional<std::string> limiting_actor(const job_metrics& now) {
  const auto busiest = std::max_element(
      now.instances.begin(), now.instances.end(),
      [](const instance_metrics& a, const instance_metrics& b) { return a.busy_ratio < b.busy_ratio; });
  if (busiest == now.instances.end() || busiest->busy_ratio < 0.5) return std::nullopt;
  return busiest->name;
}

progress::progress(const graph::physical_plan& plan) : job_(plan.graph.name) {
  bool known = true;
  for (const graph::node& n : plan.graph.nodes) {
    if (n.removed || !n.is_source()) continue;
    sources_.push_back(n.name);
    if (!n.splits) continue;
    for (const split& part : n.splits->splits) {
      known = known && part.end > part.begin;
      positions_total_ += part.end - part.begin;
    }
  }
  if (!known) positions_total_ = 0;
}

std::optional<double> progress::share(const job_metrics& now) const {
  if (positions_total_ == 0) return std::nullopt;
  std::uint64_t positions = 0;
  for (const instance_metrics& one : now.instances) positions += one.source_positions;
  return std::min(1.0, static_cast<double>(positions) / static_cast<double>(positions_total_));
}

std::uint64_t progress::records(const job_metrics& now) const {
  std::uint64_t sum = 0;
  for (const std::string& source : sources_) sum += now.total(source).records_out;
  return sum;
}

std::string progress::line(const job_metrics& now, std::size_t columns) {
  const std::uint64_t read = records(now);
  const double passed = now.seconds - seconds_before_;
  if (passed > 0) {
    const double newest = static_cast<double>(read - std::min(read, records_before_)) / passed;
    rate_ = seconds_before_ == 0 ? newest : newest_weight * newest + (1 - newest_weight) * rate_;
  }
  records_before_ = read;
  seconds_before_ = now.seconds;

  std::string text = job_ + ": " + short_count(static_cast<double>(read)) + " records, " + short_count(rate_) + "/s";
  if (const auto done = share(now)) {
    text += printed(", %.0f %%", *done * 100);
    // Before the first percent an estimate would only be noise.
    if (*done >= 0.01 && *done < 1) text += ", " + short_time(now.seconds * (1 - *done) / *done) + " left";
  } else {
    text += ", " + short_time(now.seconds);
  }
  if (now.state != "running") {
    text += ", " + now.state;
  } else if (const auto limit = limiting_actor(now)) {
    text += ", limited by " + *limit;
  }
  if (columns > 1 && text.size() >= columns) text.resize(columns - 1);
  return text;
}

}  // namespace sage::apps
