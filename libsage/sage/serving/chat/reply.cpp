#include "sage/serving/chat/reply.hpp"

#include "sage/base/error.hpp"
#include "sage/serving/chat/answer_port.hpp"

namespace sage::serving {

void send_part(item_scope* item, const answer_part& part) {
  if (!item || item->is_claimed()) return;
  auto* const to = dynamic_cast<answer_port*>(item->reply().get());
  if (!to) {
    throw error(errc::invalid_argument, "the request was asked elsewhere than at a chat server", "reply",
                "end its stream in the sink that belongs to its source");
  }
  // Only the end is an answer: whoever fails after the first pieces still has to say so.
  if (part.done && !item->claim_answer()) return;
  to->on_part(part);
}

}  // namespace sage::serving
