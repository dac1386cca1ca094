#include "sage/app/standard_streams.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace sage::apps {

void guard_closed_standard_streams() noexcept {
  // Opened for the wrong direction, so that using them fails with EBADF as before. open() takes the lowest number
  // that is free, and those below are taken by then.
  constexpr int wrong_way[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) == -1 && errno == EBADF) static_cast<void>(::open("/dev/null", wrong_way[number]));
  }
}

}  // namespace sage::apps
