// expect-error: map\(
// map hands an int to a function that wants text.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
#ifdef FIXED
  numbers.map([](int n) { return n; }).sink(sage::discard());
#else
  numbers.map([](const std::string& text) { return text; }).sink(sage::discard());
#endif
}
