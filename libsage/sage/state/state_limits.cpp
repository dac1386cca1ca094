#include "sage/state/state_limits.hpp"

#include <string>

#include "sage/base/error.hpp"

namespace sage::state {

void check_bytes(const state_limits& limits, std::size_t of_key, std::size_t in_all) {
  if (limits.bytes_max > 0 && in_all > limits.bytes_max) {
    throw error(errc::limit,
                "the state of this operator would take " + std::to_string(in_all) + " bytes, more than " +
                    std::to_string(limits.bytes_max),
                {}, "raise it with .state_bytes_max(...), let state expire with a time to live, or keep it on disk");
  }
  if (limits.bytes_per_key_max == 0 || of_key <= limits.bytes_per_key_max) return;
  throw error(errc::limit,
              "the state of one key would take " + std::to_string(of_key) + " bytes, more than " +
                  std::to_string(limits.bytes_per_key_max),
              {}, "raise it with .state_bytes_max(...), or keep less per key");
}

void byte_account::change(std::size_t before, std::size_t after, std::size_t of_key) {
  check_bytes(limits_, of_key, bytes_ - before + after);
  bytes_ = bytes_ - before + after;
}

}  // namespace sage::state
