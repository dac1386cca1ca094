#include "sage/serving/chat/chat_server.hpp"

#include <utility>

#include "sage/serving/chat/chat_service.hpp"

namespace sage::serving {

namespace {

class chat_reader final : public source_reader<completion_call> {
 public:
  explicit chat_reader(std::shared_ptr<chat_service> service) noexcept : service_(std::move(service)) {}
  void open(context& self) override { service_->open(self); }
  void start(const split& part, std::uint64_t position) override {
    static_cast<void>(part);
    position_ = position;
  }
  read_status read(batch<completion_call>& into, std::size_t records_max) override {
    const read_status status = service_->read(into, records_max);
    position_ += into.size();
    return status;
  }
  bool drain() override {
    // What was accepted gets its answer.
    service_->drain();
    return false;
  }
  std::uint64_t position() const override { return position_; }
  void close() override { service_->close(); }

 private:
  std::shared_ptr<chat_service> service_;
  std::uint64_t position_ = 0;
};

}  // namespace

class chat_server::owner {
 public:
  explicit owner(chat_server_options options) : service(std::make_shared<chat_service>(std::move(options))) {}
  ~owner() { service->shut_down(); }
  owner(const owner&) = delete;
  owner& operator=(const owner&) = delete;

  const std::shared_ptr<chat_service> service;
};

chat_server::chat_server(chat_server_options options) : owner_(std::make_shared<owner>(std::move(options))) {}

source_plan chat_server::plan() const {
  source_plan its;
  its.splits = {split{"requests", 0, 0, 0}};
  return its;
}

std::unique_ptr<source_reader<completion_call>> chat_server::make_reader() const {
  return std::make_unique<chat_reader>(owner_->service);
}

std::string chat_server::bound() const {
  return owner_->service->bound();
}

}  // namespace sage::serving
