#include "sage/functions/context.hpp"

#include "sage/base/error.hpp"

namespace sage {

timer_service& context::timers() const {
  if (timers_) return *timers_;
  throw error(errc::invalid_argument, "there are no timers here", place(),
              "ask for them in a class given to key_by(...).process(...) that has on_timer(key, timer, collector)");
}

}  // namespace sage
