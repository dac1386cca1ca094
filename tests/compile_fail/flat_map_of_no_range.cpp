// expect-error: flat_map\(
// A flat_map returns a range, or pushes into a collector.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
#ifdef FIXED
  numbers.flat_map([](int n) { return std::vector<int>{n}; }).sink(sage::discard());
#else
  numbers.flat_map([](int n) { return n; }).sink(sage::discard());
#endif
}
