#include "log_stats/service_stats.hpp"

#include <limits>

#include "tests/catch.hpp"

using log_stats::entry;
using log_stats::level;
using log_stats::mean_text;
using log_stats::sum_up;

namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

sum_up::accumulator sums_of(const std::vector<entry>& entries) {
  sum_up::accumulator sums;
  for (const entry& one : entries) sum_up{}.add(sums, one);
  return sums;
}

constexpr log_stats::duration_sum millisecond = 1'000'000;

TEST_CASE("a mean has three decimals, exact, halves rounded up", "[log_stats]") {
  CHECK(mean_text(0, 1) == "0.000");
  CHECK(mean_text(17 * millisecond, 1) == "17.000");
  CHECK(mean_text(1 * millisecond, 3) == "0.333");
  CHECK(mean_text(2 * millisecond, 3) == "0.667");
  CHECK(mean_text(1 * millisecond, 16) == "0.063");  // 0.0625
  CHECK(mean_text(3 * millisecond, 16) == "0.188");  // 0.1875: not to even
  CHECK(mean_text(1 * millisecond, 2000) == "0.001");
  CHECK(mean_text(1 * millisecond, 2001) == "0.000");
  CHECK(mean_text(2001 * millisecond, 2000) == "1.001");  // 1.0005, which no double is
  CHECK(mean_text(19999 * millisecond, 2000) == "10.000");
  CHECK(mean_text(12'345'500, 1) == "12.346");
  CHECK(mean_text(millisecond * largest, 1) == "18446744073709551615.000");
  CHECK(mean_text(millisecond * largest, 2) == "9223372036854775807.500");
}

TEST_CASE("durations keep their decimals, and no more", "[log_stats]") {
  CHECK(log_stats::milliseconds_text(log_stats::nanoseconds_of(0)) == "0");
  CHECK(log_stats::milliseconds_text(log_stats::nanoseconds_of(12)) == "12");
  CHECK(log_stats::milliseconds_text(log_stats::nanoseconds_of(12.5)) == "12.5");
  CHECK(log_stats::milliseconds_text(log_stats::nanoseconds_of(0.1)) == "0.1");
  CHECK(log_stats::milliseconds_text(log_stats::nanoseconds_of(3.000001)) == "3.000001");
  CHECK(log_stats::milliseconds_text(log_stats::nanoseconds_of(9e12)) == "9000000000000");
  for (const double none : {-0.001, 1e13, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(log_stats::nanoseconds_of(none), sage::error);
  }
}

TEST_CASE("sums don't depend on how the records are grouped", "[log_stats]") {
  const std::vector<entry> entries{{"a", level::info, 200, 5, 10},
                                   {"a", level::info, 499, 0, 0},
                                   {"a", level::info, 500, 12, 1},
                                   {"a", level::info, 503, 7, 2}};
  for (std::size_t cut = 0; cut <= entries.size(); ++cut) {
    auto front = sums_of({entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(cut)});
    const auto back = sums_of({entries.begin() + static_cast<std::ptrdiff_t>(cut), entries.end()});
    sum_up{}.merge(front, back);
    const auto row = sum_up{}.result("a", front);
    CHECK(row.count == 4);
    CHECK(row.errors == 2);
    CHECK(row.bytes == 13);
    CHECK(row.duration_ms_min == "0");
    CHECK(row.duration_ms_mean == "6.000");
    CHECK(row.duration_ms_max == "12");
  }
}

TEST_CASE("a sum that needs more than 64 bits, or no duration, is an error and changes nothing", "[log_stats]") {
  auto sums = sums_of({{"a", level::info, 200, 1, largest - 5}});
  CHECK_NOTHROW(sum_up{}.add(sums, {"a", level::info, 200, 1, 5}));
  try {
    sum_up{}.add(sums, {"a", level::info, 200, 1, 1});
    FAIL("no error");
  } catch (const sage::error& problem) {
    CHECK(problem.code() == sage::errc::limit);
    CHECK(problem.message() == "the sum of bytes needs more than 64 bits");
  }
  CHECK_THROWS_AS(sum_up{}.add(sums, {"a", level::info, 200, -1, 0}), sage::error);
  CHECK(sums.count == 2);
  CHECK(sums.bytes == largest);
  CHECK(sums.duration_ns == 2 * millisecond);
}

}  // namespace
