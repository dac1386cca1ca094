// expect-error: cannot convert 'sage::errc' to 'int'
// An errc is told apart by its name, never by its value.
#include "sage/base/error.hpp"

int severity(const sage::error& problem) {
#ifdef FIXED
  return static_cast<int>(problem.code());
#else
  int value = problem.code();
  return value;
#endif
}
