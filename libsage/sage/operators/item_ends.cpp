#include "sage/operators/item_ends.hpp"

#include "sage/model/item_scope.hpp"

namespace sage::operators {

void end_items(batch_base& records, std::size_t begin, std::size_t end, item_end_reason why, const context& self,
               const std::string& text, const item_failure& failure) {
  ref<item_scope>* const items = records.items();
  if (!items) return;
  const bool only = records.unique();
  for (std::size_t i = begin; i < end; ++i) {
    if (!items[i]) continue;
    if (why == item_end_reason::sunk) {
      items[i]->note_sunk(self.operator_name());
    } else {
      items[i]->note_end(why, self.operator_name(), text, failure);
    }
    if (only) items[i].reset();
  }
}

}  // namespace sage::operators
