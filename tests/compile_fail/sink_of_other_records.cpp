// expect-error: sink\(
// A sink takes the records of the stream it ends.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
#ifdef FIXED
  numbers.sink([](int) {});
#else
  numbers.sink([](const std::string&) {});
#endif
}
