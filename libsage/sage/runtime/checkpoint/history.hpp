/// What became of the checkpoints of a job, for metrics and logs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "sage/base/clock.hpp"

namespace sage::runtime {

/// One that was completed, or given up for a reason.
struct checkpoint_news {
  std::uint64_t epoch = 0;
  nanoseconds took = 0;
  std::uint64_t bytes = 0;
  std::optional<std::string> problem{};
};

struct checkpoint_history {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t last_epoch = 0;
  std::uint64_t last_bytes = 0;
  nanoseconds last_took = 0;
  nanoseconds longest = 0;
  std::string last_problem;  ///< of the last one that was given up

  void add(const checkpoint_news& news) {
    if (news.problem) {
      ++failed;
      last_problem = *news.problem;
      return;
    }
    ++completed;
    last_epoch = news.epoch;
    last_bytes = news.bytes;
    last_took = news.took;
    longest = std::max(longest, news.took);
  }
};

}  // namespace sage::runtime
