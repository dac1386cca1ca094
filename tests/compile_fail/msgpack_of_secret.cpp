// expect-error: no matching function for call to 'to_msgpack
// A secret has no codec. As a field of a described struct it stays behind; by itself it does not compile.
#include <string>

#include "sage/model/msgpack.hpp"

std::string leak(const sage::secret<std::string>& password) {
#ifdef FIXED
  return sage::to_msgpack(password.reveal());
#else
  return sage::to_msgpack(password);
#endif
}
