#include "sage/runtime/checkpoint/books.hpp"

namespace sage::runtime {

void add_to_books(operator_books& to, const operator_counters& some) noexcept {
  to.in += some.records_in;
  to.out += some.records_out;
  to.restored += some.restored;
  to.passed += some.passed;
  to.filtered += some.filtered;
  to.dropped += some.dropped;
  to.dead += some.dead;
  to.gone += some.gone;
  to.late += some.late;
  to.held += some.held;
}

}  // namespace sage::runtime
