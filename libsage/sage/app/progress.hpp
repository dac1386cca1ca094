/// The progress line: how far a job is, how fast, and which operator limits it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sage/graph/physical_plan.hpp"
#include "sage/observability/job_metrics.hpp"

namespace sage::apps {

/// Makes the line from one look at the metrics after the other. Pure: no clock, no terminal.
class progress {
 public:
  /// Knows the sources, and how much they will read if all of them say.
  explicit progress(const graph::physical_plan& plan);

  /// The line for a terminal of `columns` characters: records read, their rate since the last call, percent and time
  /// left when the size is known, and what limits.
  [[nodiscard]] std::string line(const job_metrics& now, std::size_t columns);

  /// The share that has been read, 0 to 1, when the size is known.
  [[nodiscard]] std::optional<double> share(const job_metrics& now) const;

 private:
  [[nodiscard]] std::uint64_t records(const job_metrics& now) const;

  std::string job_;
  std::vector<std::string> sources_;
  std::uint64_t positions_total_ = 0;  // 0 when a source doesn't know its end
  std::uint64_t records_before_ = 0;
  double seconds_before_ = 0;
  double rate_ = 0;  // records per second, smoothed
};

/// The actor that works most, when it does at least half of its time: those before it wait for it.
[[nodiscard]] std::optional<std::string> limiting_actor(const job_metrics& now);

/// "999", "12.3 k", "1.2 M".
[[nodiscard]] std::string short_count(double count);
/// "0:42", "1:02:03".
[[nodiscard]] std::string short_time(double seconds);

}  // namespace sage::apps
