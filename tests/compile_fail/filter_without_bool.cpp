// expect-error: filter\(
// A predicate returns bool.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
#ifdef FIXED
  numbers.filter([](int n) { return n > 0; }).sink(sage::discard());
#else
  numbers.filter([](int n) { return std::to_string(n); }).sink(sage::discard());
#endif
}
