#include "sage/llm/http/socket_poll.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sage/base/error.hpp"

namespace sage::llm {

socket_poll::socket_poll() : poll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  if (poll_ < 0 || wake_ < 0 || ::epoll_ctl(poll_, EPOLL_CTL_ADD, wake_, &event) < 0) {
    const int number = errno;
    if (poll_ >= 0) ::close(poll_);
    if (wake_ >= 0) ::close(wake_);
    throw error(errc::io, "can't wait for sockets: " + std::generic_category().message(number), "",
                "raise the limit of open files (ulimit -n)");
  }
}

socket_poll::~socket_poll() {
  ::close(wake_);
  ::close(poll_);
}

void socket_poll::watch(int descriptor, bool read, bool write) {
  epoll_event event{};
  event.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  event.data.fd = descriptor;
  if (!read && !write) {
    ::epoll_ctl(poll_, EPOLL_CTL_DEL, descriptor, &event);  // fails when it is closed: then the kernel has done it
    return;
  }
  // A number may have been closed and come back as another socket, so whether it is known is the kernel's to say.
  if (::epoll_ctl(poll_, EPOLL_CTL_MOD, descriptor, &event) == 0) return;
  // What the kernel has no room to watch is ended by the timeouts of its request; there is nobody to tell from here.
  ::epoll_ctl(poll_, EPOLL_CTL_ADD, descriptor, &event);
}

const std::vector<ready_socket>& socket_poll::wait(int wait_ms) {
  std::array<epoll_event, ready_max> events;
  ready_.clear();
  const int count = ::epoll_wait(poll_, events.data(), ready_max, wait_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_) {
      std::uint64_t wakes = 0;
      // Nothing to read would mean that the wait has ended for another reason, which is as good.
      [[maybe_unused]] const auto taken = ::read(wake_, &wakes, sizeof wakes);
      continue;
    }
    ready_.push_back({event.data.fd, (event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0,
                      (event.events & (EPOLLERR | EPOLLHUP)) != 0});
  }
  return ready_;
}

void socket_poll::wake() noexcept {
  const std::uint64_t one = 1;
  // Full means that a wake is pending already.
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

}  // namespace sage::llm
