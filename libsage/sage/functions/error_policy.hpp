/// What an operator does with a record on which the user's function threw.
#pragma once

#include <cstdint>
#include <string>

#include "sage/base/clock.hpp"

namespace sage {

/// The policies of `.on_error(...)`.
///
/// fail         the job fails with one error that names operator, instance and cause (default)
/// drop         the record is given up and counted as dropped
/// dead_letter  the record goes to `env.dead_letters()`, with error and attempts, and is counted as dead
/// retry        the function is called again after a back-off, holding back that instance's input in order;
///              when the retries are used up, `then` decides
struct error_policy {
  enum class action : std::uint8_t { fail, drop, dead_letter };

  action then = action::fail;
  std::uint32_t retries_max = 0;
  nanoseconds backoff_first = 0;
  nanoseconds backoff_max = 30'000'000'000;

  /// Whether the record must still be there after the function threw, so that functions get a const reference or
  /// a copy.
  [[nodiscard]] bool keeps_record() const noexcept { return retries_max > 0 || then == action::dead_letter; }
  [[nodiscard]] bool fails() const noexcept { return retries_max == 0 && then == action::fail; }
  /// How long to wait before attempt number `attempt` (1 is the first retry): doubles up to the maximum.
  [[nodiscard]] nanoseconds backoff(std::uint32_t attempt) const noexcept {
    nanoseconds wait = backoff_first;
    for (std::uint32_t i = 1; i < attempt && wait < backoff_max; ++i) wait *= 2;
    return wait < backoff_max ? wait : backoff_max;
  }
  /// "fail", "retry(3), then drop": for graphs and messages.
  [[nodiscard]] std::string to_string() const;

  /// What happens after the last retry: `sage::retry(3, 10ms).otherwise(sage::drop)`.
  [[nodiscard]] error_policy otherwise(error_policy last) const noexcept {
    error_policy both = *this;
    both.then = last.then;
    return both;
  }
};

inline constexpr error_policy fail{error_policy::action::fail};
inline constexpr error_policy drop{error_policy::action::drop};
inline constexpr error_policy dead_letters{error_policy::action::dead_letter};

/// Calls the function up to `retries_max` times more, waiting `backoff` before the first retry and twice as long
/// before each further one.
template <class Duration = nanoseconds>
[[nodiscard]] constexpr error_policy retry(std::uint32_t retries_max, Duration backoff = {}) {
  nanoseconds wait = 0;
  if constexpr (requires {
                  backoff.count();
                  typename Duration::period;
                }) {
    wait =
        static_cast<nanoseconds>(backoff.count()) * (1'000'000'000 / Duration::period::den) * Duration::period::num;
  } else {
    wait = backoff;
  }
  return error_policy{error_policy::action::fail, retries_max, wait};
}

}  // namespace sage
