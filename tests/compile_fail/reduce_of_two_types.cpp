// expect-error: reduce\(
// A reduce folds records of one type.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
  auto keyed = numbers.key_by([](int n) { return n % 2; });
#ifdef FIXED
  keyed.reduce([](int a, const int& b) { return a + b; }).sink(sage::discard());
#else
  keyed.reduce([](int a, const std::string& b) { return a + static_cast<int>(b.size()); }).sink(sage::discard());
#endif
}
