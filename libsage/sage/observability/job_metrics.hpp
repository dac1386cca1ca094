/// The metrics of a job, typed: what `job.metrics()` returns and `--metrics FILE` writes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/base/event_time.hpp"
#include "sage/observability/histogram.hpp"

namespace sage {

/// One operator in one instance. Names and meanings as in docs/reference/metrics.md.
struct operator_metrics {
  std::string name;
  std::string kind;
  std::uint32_t instance = 0;
  std::string actor;  ///< the instance (chain) it runs in
  std::uint64_t records_in = 0;
  std::uint64_t records_out = 0;
  std::uint64_t batches_in = 0;
  std::uint64_t batches_out = 0;
  std::uint64_t filtered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t gone = 0;
  std::uint64_t late = 0;
  std::uint64_t state_rows = 0;   ///< keys, or windows, that it remembers now
  std::uint64_t state_bytes = 0;  ///< of them in memory: an estimate
  std::uint64_t service_ns = 0;
  event_time watermark = no_event_time;  ///< how far event time has come behind it
};

/// One actor: a chain of operators, or a router.
struct instance_metrics {
  std::string name;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t source_positions = 0;  ///< how far its source has come: bytes of files, numbers of records
  std::uint64_t queue_batches = 0;
  std::uint64_t queue_batches_max = 0;
  double busy_ratio = 0;     ///< share of its life spent processing
  double blocked_ratio = 0;  ///< share without credit for what it wanted to send
  double idle_ratio = 0;     ///< the rest
  histogram wait;            ///< ns from send to the beginning of processing, per batch
  histogram service;         ///< ns of processing, per batch
  histogram blocked;         ///< ns of each time without credit
};

/// Everything about one job at one moment.
struct job_metrics {
  std::string job;
  std::string state;
  double seconds = 0;  ///< since the start
  std::vector<operator_metrics> operators;
  std::vector<instance_metrics> instances;

  /// The sum over the instances of the operator named `name`; all zero when there is none.
  [[nodiscard]] operator_metrics total(const std::string& name) const;
  /// JSON as in docs/formats/metrics.schema.json.
  [[nodiscard]] std::string to_json() const;
  /// The Prometheus text format, version 0.0.4, as in docs/reference/metrics.md. Seconds instead of nanoseconds.
  [[nodiscard]] std::string to_prometheus() const;
};

}  // namespace sage
