// expect-error: map\(
// map calls its function with one record.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
#ifdef FIXED
  numbers.map([](int a) { return a + 1; }).sink(sage::discard());
#else
  numbers.map([](int a, int b) { return a + b; }).sink(sage::discard());
#endif
}
