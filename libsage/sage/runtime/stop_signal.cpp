#include "sage/runtime/stop_signal.hpp"

#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace sage::runtime {

stop_signal::stop_signal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

stop_signal::~stop_signal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void stop_signal::request() noexcept {
  if (requested_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // The only failure, a full counter, would need 2^64 requests; the flag above is what counts.
  if (descriptor_ >= 0 && ::write(descriptor_, &one, sizeof one) < 0) return;
}

void stop_signal::withdraw() noexcept {
  if (!requested_.exchange(false, std::memory_order_acq_rel)) return;
  std::uint64_t taken = 0;
  // Nothing to be read is what is wanted.
  if (descriptor_ >= 0 && ::read(descriptor_, &taken, sizeof taken) < 0) return;
}

}  // namespace sage::runtime
