#include "log_stats/service_stats.hpp"

#include <algorithm>

namespace log_stats {

namespace {

std::uint64_t sum(std::uint64_t a, std::uint64_t b, const char* column) {
  std::uint64_t both = 0;
  if (__builtin_add_overflow(a, b, &both)) {
    throw sage::error(sage::errc::limit, std::string("the sum of ") + column + " needs more than 64 bits", "",
                      "look for values that can't be meant, or count fewer records at once");
  }
  return both;
}

}  // namespace

std::string mean_text(std::uint64_t sum, std::uint64_t count) {
  constexpr std::uint64_t parts = 1000;
  std::uint64_t whole = sum / count;
  // Twice the rest, so that half a part is a whole number: nothing is rounded but the result.
  std::uint64_t thousandths = (2 * parts * (sum % count) + count) / (2 * count);
  if (thousandths == parts) {
    ++whole;
    thousandths = 0;
  }
  std::string digits = std::to_string(thousandths);
  digits.insert(0, 3 - digits.size(), '0');
  return std::to_string(whole) + "." + digits;
}

void sum_up::merge(accumulator& to, const accumulator& more) const {
  if (more.count == 0) return;
  // Both sums first: a record that fails changes nothing.
  const std::uint64_t bytes = sum(to.bytes, more.bytes, "bytes");
  const std::uint64_t duration_ms = sum(to.duration_ms, more.duration_ms, "duration_ms");
  to.duration_ms_min = to.count == 0 ? more.duration_ms_min : std::min(to.duration_ms_min, more.duration_ms_min);
  to.duration_ms_max = std::max(to.duration_ms_max, more.duration_ms_max);
  to.bytes = bytes;
  to.duration_ms = duration_ms;
  to.errors += more.errors;
  to.count += more.count;
}

service_stats sum_up::result(const std::string& service, const accumulator& sums) const {
  return {service,
          sums.count,
          sums.errors,
          sums.bytes,
          sums.duration_ms_min,
          mean_text(sums.duration_ms, sums.count),
          sums.duration_ms_max};
}

}  // namespace log_stats
