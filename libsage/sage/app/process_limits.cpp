#include "sage/app/process_limits.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace sage::apps {

std::optional<std::uint64_t> open_files_max() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

std::int64_t process_id() noexcept {
  return ::getpid();
}

}  // namespace sage::apps
