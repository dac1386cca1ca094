/// Emits what a keyed table holds, batch by batch, and can stop between two batches.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sage/operators/operator.hpp"

namespace sage::operators {

/// The cursor of a walk over a table in order of first appearance. When the walk is through, the table is empty.
template <class Out>
class table_emitter {
 public:
  /// Emits `make(entry)` for every entry from the cursor on; suspended when the output wants a pause before the
  /// last. Entries may be moved from.
  template <class Table, class Make>
  flow emit(Table& table, const context& self, output& out, Make&& make) {
    while (position_ < table.size()) {
      const std::size_t count = std::min(self.batch_size(), table.size() - position_);
      auto made = batch<Out>::make(self.pool(), count);
      for (std::size_t i = 0; i < count; ++i) made->emplace_back(make(table.at(position_++)));
      if (!out.emit(main_port, erase(std::move(made))) && position_ < table.size()) return flow::suspended;
    }
    table.clear();
    position_ = 0;
    return flow::done;
  }

  [[nodiscard]] bool is_midway() const noexcept { return position_ > 0; }

 private:
  std::size_t position_ = 0;
};

}  // namespace sage::operators
