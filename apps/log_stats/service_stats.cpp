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

std::string milliseconds_text(std::uint64_t nanoseconds) {
  constexpr std::uint64_t in_a_millisecond = 1'000'000;
  std::string text = std::to_string(nanoseconds / in_a_millisecond);
  if (const std::uint64_t rest = nanoseconds % in_a_millisecond; rest != 0) {
    const std::string decimals = std::to_string(in_a_millisecond + rest).substr(1);
    text += "." + decimals.substr(0, decimals.find_last_not_of('0') + 1);
  }
  return text;
}

std::string mean_text(duration_sum nanoseconds, std::uint64_t count) {
  // Thousandths of a millisecond, of twice everything, so that half of one is a whole number: only the result is
  // rounded.
  const duration_sum thousandths = (2 * nanoseconds + duration_sum{1000} * count) / (duration_sum{2000} * count);
  const std::string decimals = std::to_string(1000 + static_cast<std::uint64_t>(thousandths % 1000)).substr(1);
  return std::to_string(static_cast<std::uint64_t>(thousandths / 1000)) + "." + decimals;
}

void sum_up::merge(accumulator& to, const accumulator& more) const {
  if (more.count == 0) return;
  to.bytes = sum(to.bytes, more.bytes, "bytes");  // first: a record that fails changes nothing
  to.duration_ns += more.duration_ns;
  to.duration_ns_min = to.count == 0 ? more.duration_ns_min : std::min(to.duration_ns_min, more.duration_ns_min);
  to.duration_ns_max = std::max(to.duration_ns_max, more.duration_ns_max);
  to.errors += more.errors;
  to.count += more.count;
}

service_stats sum_up::result(const std::string& service, const accumulator& sums) const {
  return {service,
          sums.count,
          sums.errors,
          sums.bytes,
          milliseconds_text(sums.duration_ns_min),
          mean_text(sums.duration_ns, sums.count),
          milliseconds_text(sums.duration_ns_max)};
}

}  // namespace log_stats
