#include "sage/base/error.hpp"
#include "sage/serving/json/json_server.hpp"

namespace sage::serving {

void send_json(item_scope* item, const std::string& body) {
  if (!item || item->is_claimed()) return;
  auto* const to = dynamic_cast<json_port*>(item->reply().get());
  if (!to) {
    throw error(errc::invalid_argument, "the request was asked elsewhere than at a JSON server", "json_reply",
                "end its stream in the sink that belongs to its source");
  }
  if (item->claim_answer()) to->on_json(body);
}

}  // namespace sage::serving
