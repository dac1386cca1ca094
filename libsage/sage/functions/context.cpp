#include "sage/functions/context.hpp"

#include "sage/base/error.hpp"

namespace sage {

std::uint64_t context::random() noexcept {
  // Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  std::uint64_t z = (random_state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

timer_service& context::timers() const {
  if (timers_) return *timers_;
  throw error(errc::invalid_argument, "there are no timers here", place(),
              "ask for them in a class given to key_by(...).process(...) that has on_timer(key, timer, collector)");
}

}  // namespace sage
