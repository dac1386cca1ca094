// expect-error: async_map\(
// async_map takes a coroutine; a plain function belongs into map.
#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
#ifdef FIXED
  numbers.async_map([](int n) -> sage::task<int> { co_return n; }).sink(sage::discard());
#else
  numbers.async_map([](int n) { return n; }).sink(sage::discard());
#endif
}
