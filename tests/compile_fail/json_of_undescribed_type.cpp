// expect-error: no matching function for call to 'to_json
// Only what is described can be encoded; the compiler names the constraint sage::encodable.
#include <string>

#include "sage/model/json.hpp"

struct click {
  std::string user;
  int count = 0;
};
#ifdef FIXED
SAGE_DESCRIBE(click, user, count)
#endif

std::string show(const click& one) {
  return sage::to_json(one);
}
