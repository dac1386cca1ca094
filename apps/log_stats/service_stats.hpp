/// The figures of one service: how they are summed up, and the row they become.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <sage/sage.hpp>

#include "log_stats/entry.hpp"

namespace log_stats {

/// One row of the result.
struct service_stats {
  std::string service;
  std::uint64_t count = 0;
  std::uint64_t errors = 0;  ///< records with a status of 500 or more
  std::uint64_t bytes = 0;
  std::string duration_ms_min;   ///< with as many decimals as it has
  std::string duration_ms_mean;  ///< with three decimals; what lies in the middle is rounded up
  std::string duration_ms_max;
};
SAGE_DESCRIBE(service_stats, service, count, errors, bytes, duration_ms_min, duration_ms_mean, duration_ms_max)

/// A sum of durations in nanoseconds: of 2^64 records, each of 63 bits, none is too large.
__extension__ using duration_sum = unsigned __int128;

/// Nanoseconds as milliseconds with as many decimals as they have: "12", "12.5".
[[nodiscard]] std::string milliseconds_text(std::uint64_t nanoseconds);

/// The mean in milliseconds with three decimals, exact; what lies in the middle between two is rounded up: 1 ms / 16
/// = 0.0625 is "0.063". `count` is at least 1.
[[nodiscard]] std::string mean_text(duration_sum nanoseconds, std::uint64_t count);

/// The aggregate: sums in integers, so that the order of the records and the number of instances don't matter.
///
/// Fails  errc::limit when bytes add up to more than 64 bits, errc::parse for a duration below 0
struct sum_up {
  struct accumulator {
    std::uint64_t count = 0;
    std::uint64_t errors = 0;
    std::uint64_t bytes = 0;
    duration_sum duration_ns = 0;
    std::uint64_t duration_ns_min = 0;
    std::uint64_t duration_ns_max = 0;
  };

  void add(accumulator& to, const entry& one) const {
    constexpr std::uint32_t first_server_error = 500;
    const std::uint64_t duration_ns = nanoseconds_of(one.duration_ms);
    merge(to, {1, one.status >= first_server_error ? 1u : 0u, one.bytes, duration_ns, duration_ns, duration_ns});
  }
  void merge(accumulator& to, const accumulator& more) const;
  service_stats result(const std::string& service, const accumulator& sums) const;
};

}  // namespace log_stats
