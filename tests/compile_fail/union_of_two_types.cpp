// expect-error: union_with\(
// A union merges streams of one type.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers, sage::data_stream<std::string> texts) {
#ifdef FIXED
  numbers
      .union_with(texts.map([](const std::string& text) { return static_cast<int>(text.size()); }))
#else
  numbers
      .union_with(texts)
#endif
      .sink(sage::discard());
}
