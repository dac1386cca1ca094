/// How an operator lets go of the items of records that it passes on to nobody.
#pragma once

#include <cstddef>
#include <string>

#include "sage/functions/context.hpp"
#include "sage/model/batch.hpp"
#include "sage/model/item_end.hpp"

namespace sage::operators {

/// Ends the items of the records from `begin` up to `end`: notes on each that this operator gave the record up and
/// why, then lets go of it, unless others hold the batch too. Whoever asked hears of it when that was the item's last
/// record. Every operator that isn't built on `record_operator` calls this for the records it takes in and neither
/// emits nor answers. `failure` is what the thrown exception says of itself. Does nothing for a batch without items.
/// O(end - begin)
void end_items(batch_base& records, std::size_t begin, std::size_t end, item_end_reason why, const context& self,
               const std::string& text = {}, const item_failure& failure = {});

}  // namespace sage::operators
