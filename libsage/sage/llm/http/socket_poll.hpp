/// Waits for sockets, for time and for a call from another thread, all at once.
#pragma once

#include <cstdint>
#include <vector>

namespace sage::llm {

/// A socket that something can be done with.
struct ready_socket {
  int descriptor = -1;
  bool readable = false;
  bool writable = false;
  bool broken = false;
};

/// The kernel's epoll and an eventfd. For one thread, but for `wake`. Throws errc::io when the system has no more
/// descriptors.
class socket_poll {
 public:
  socket_poll();
  ~socket_poll();
  socket_poll(const socket_poll&) = delete;
  socket_poll& operator=(const socket_poll&) = delete;

  /// What is waited for from now on; neither is to forget the socket, which may have been closed already.
  void watch(int descriptor, bool read, bool write);
  /// Returns what is ready, after `wait_ms` at the latest (-1: no limit), or nothing because of `wake`. The answer is
  /// valid until the next call.
  const std::vector<ready_socket>& wait(int wait_ms);
  /// Ends the current or the next wait. Thread-safe.
  void wake() noexcept;

 private:
  static constexpr int ready_max = 256;  // per wait; the others come with the next

  int poll_ = -1;
  int wake_ = -1;
  std::vector<ready_socket> ready_;
};

}  // namespace sage::llm
