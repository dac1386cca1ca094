#include "sage/serving/chat/chat_server.hpp"

#include <utility>

#include "sage/serving/chat/chat_service.hpp"
#include "sage/serving/service_source.hpp"

namespace sage::serving {

class chat_server::owner final : public service_owner<chat_service> {
 public:
  using service_owner<chat_service>::service_owner;
};

chat_server::chat_server(chat_server_options options) : owner_(std::make_shared<owner>(std::move(options))) {}

source_plan chat_server::plan() const {
  source_plan its;
  its.splits = {split{"requests", 0, 0, 0}};
  its.replayable = false;
  return its;
}

std::unique_ptr<source_reader<completion_call>> chat_server::make_reader() const {
  return std::make_unique<service_reader<completion_call, chat_service>>(owner_->service);
}

std::string chat_server::bound() const {
  return owner_->service->bound();
}

}  // namespace sage::serving
