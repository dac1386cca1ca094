/// What may be said of a loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sage {

/// What becomes of a record that has reached a limit of its loop, when nobody takes `exhausted()`.
enum class loop_limit : std::uint8_t {
  fail,  ///< the job fails and says which limit it was
  drop,  ///< the record is dropped and counted
};

/// The bounds of `env.feedback<T>`. `max_in_flight` must be given: it is what the loop's memory is bounded by.
struct feedback_options {
  std::size_t max_in_flight = 0;  ///< records inside up to which new ones are admitted
  /// Records inside, when the body multiplies them, beyond which those that come back have reached a limit; 0 is 16
  /// times `max_in_flight`.
  std::size_t inside_max = 0;
  std::uint32_t iterations_max = 0;  ///< times a record may come back; 0 is any number
  std::chrono::milliseconds age_max = std::chrono::milliseconds(0);  ///< since it was admitted; 0 is any age
  loop_limit on_limit = loop_limit::fail;
};

}  // namespace sage
