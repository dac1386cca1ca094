/// How an async operator runs its calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sage/functions/error_policy.hpp"

namespace sage {

/// In which order results leave an async operator.
enum class result_order : std::uint8_t {
  ordered,         ///< as their records came in: a slow call holds results back, never calls
  unordered,       ///< as they are ready
  ordered_by_key,  ///< one call at a time per key, in order; keys don't wait for each other. Keyed streams only
};
inline constexpr result_order ordered = result_order::ordered;
inline constexpr result_order unordered = result_order::unordered;
inline constexpr result_order ordered_by_key = result_order::ordered_by_key;

/// Bounds and policies of an async operator, per instance.
struct async_options {
  std::size_t capacity = 64;             ///< calls that run at once; 1 to 1,000,000
  std::chrono::milliseconds timeout{0};  ///< per attempt; 0 is none
  result_order order = result_order::ordered;
  error_policy retry = fail;              ///< sage::retry(n, backoff); what comes then is for .on_error()
  std::size_t waiting_max = 4096;         ///< records taken in that don't run: behind their key, or behind the order
  std::size_t waiting_per_key_max = 256;  ///< of one key; at either bound the input stops
};

}  // namespace sage
