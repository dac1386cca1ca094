// expect-error: from_source\(
// A source is a descriptor: collection, range, file::lines, or a type of the user with plan and make_reader.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

void run(sage::local_environment& env) {
#ifdef FIXED
  env.from_source(sage::collection<int>({42})).sink(sage::discard());
#else
  env.from_source(42).sink(sage::discard());
#endif
}
