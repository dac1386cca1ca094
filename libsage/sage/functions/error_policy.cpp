#include "sage/functions/error_policy.hpp"

namespace sage {

std::string error_policy::to_string() const {
  const char* last = then == action::fail ? "fail" : then == action::drop ? "drop" : "dead_letter";
  return retries_max == 0 ? last : "retry(" + std::to_string(retries_max) + "), then " + last;
}

}  // namespace sage
