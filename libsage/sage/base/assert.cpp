#include "sage/base/assert.hpp"

#include <string>

#include "sage/base/error.hpp"

namespace sage {

void fail_assertion(const char* condition, const char* file, int line) {
  throw error(errc::internal, std::string("broken invariant: ") + condition,
              std::string(file) + ":" + std::to_string(line), "this is a bug in SAGE; please report it");
}

}  // namespace sage
