// expect-error: map\(
// A map makes a record of each record; inspect is for those that only look.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
  int sum = 0;
#ifdef FIXED
  numbers.inspect([&sum](int n) { sum += n; }).sink(sage::discard());
#else
  numbers.map([&sum](int n) { sum += n; }).sink(sage::discard());
#endif
}
