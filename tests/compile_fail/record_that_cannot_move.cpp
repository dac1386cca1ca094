// expect-error: map\(
// A record travels by being moved.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

struct pinned {
#ifndef FIXED
  pinned() = default;
  pinned(pinned&&) = delete;
#endif
  int value = 0;
};
void run(sage::data_stream<int> numbers) {
  numbers.map([](int) { return pinned{}; }).sink(sage::discard());
}
