// expect-error: key_by\(
// A key can be hashed: numbers, text, described types, pairs of those, or a type with its own stable_hash.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

struct point {
  int x = 0;
  friend bool operator==(const point&, const point&) = default;
};
#ifdef FIXED
SAGE_DESCRIBE(point, x)
#endif
struct click {
  point at;
};
void run(sage::data_stream<click> clicks) {
  clicks.key_by(&click::at).aggregate(sage::count{}).sink(sage::discard());
}
