// expect-error: aggregate\(
// An aggregate adds records of the stream it is called on.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

struct longest {
  using accumulator = std::size_t;
#ifdef FIXED
  void add(accumulator& most, int n) {
    most = std::max<std::size_t>(most, static_cast<std::size_t>(n));
  }
#else
  void add(accumulator& most, const std::string& text) {
    most = std::max(most, text.size());
  }
#endif
  std::size_t result(const int&, accumulator&& most) {
    return most;
  }
};
void run(sage::data_stream<int> numbers) {
  numbers.key_by([](int n) { return n % 2; }).aggregate(longest{}).sink(sage::discard());
}
