#include "sage/api/async_operators.hpp"

namespace sage::api {

void check_async_options(const async_options& options, bool is_keyed, const std::string& where) {
  constexpr std::size_t capacity_max = 1'000'000;
  if (options.capacity == 0 || options.capacity > capacity_max) {
    throw error(errc::invalid_argument, "a capacity of " + std::to_string(options.capacity), where,
                "use 1 to 1,000,000 calls at once");
  }
  if (options.timeout.count() < 0) {
    throw error(errc::invalid_argument, "a negative time-out", where, "use 0 for none");
  }
  if (options.order == result_order::ordered_by_key && !is_keyed) {
    throw error(errc::invalid_argument, "ordered_by_key on a stream that has no keys", where,
                "call key_by(...) before it");
  }
  if (options.waiting_max == 0 || options.waiting_per_key_max == 0) {
    throw error(errc::invalid_argument, "no record may wait", where, "use 1 or more for waiting_max");
  }
}

}  // namespace sage::api
