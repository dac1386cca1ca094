// expect-error: map\(
// Each instance gets a copy of the function; one that cannot be copied is given as a factory.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::data_stream<int> numbers) {
  const auto make = [] { return [held = std::make_unique<int>(1)](int n) { return n + *held; }; };
#ifdef FIXED
  numbers.map(sage::make_each(make)).sink(sage::discard());
#else
  numbers.map(make()).sink(sage::discard());
#endif
}
