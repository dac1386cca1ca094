#include "sage/llm/limits/backoff.hpp"

#include <algorithm>

namespace sage::llm {

std::optional<nanoseconds> backoff_delay(const backoff_settings& settings, std::uint32_t retry, std::uint64_t random,
                                         std::optional<nanoseconds> retry_after) noexcept {
  if (retry >= settings.retries_max) return std::nullopt;
  if (retry_after && *retry_after > settings.retry_after_max) return std::nullopt;
  nanoseconds bound = std::clamp<nanoseconds>(settings.first, 0, settings.wait_max);
  for (std::uint32_t i = 0; i < retry && bound > 0 && bound < settings.wait_max; ++i) {
    bound = bound > settings.wait_max / 2 ? settings.wait_max : bound * 2;
  }
  const auto span = static_cast<std::uint64_t>(bound) + 1;
  const auto jitter = static_cast<nanoseconds>(random % span);
  return retry_after ? std::max<nanoseconds>(*retry_after, 0) + jitter : jitter;
}

}  // namespace sage::llm
