// expect-error: key_by\(
// Keys with equal hashes are told apart by ==.
#include <memory>
#include <string>
#include <vector>

#include <sage/sage.hpp>

struct point {
  int x = 0;
#ifdef FIXED
  friend bool operator==(const point&, const point&) = default;
#endif
};
SAGE_DESCRIBE(point, x)
struct click {
  point at;
};
void run(sage::data_stream<click> clicks) {
  clicks.key_by(&click::at).aggregate(sage::count{}).sink(sage::discard());
}
