/// A service as the source of a pipeline.
#pragma once

#include <memory>
#include <utility>

#include "sage/operators/source.hpp"

namespace sage::serving {

/// Reads the requests of a `Service`, which has open, read, drain and close.
template <class T, class Service>
class service_reader final : public source_reader<T> {
 public:
  explicit service_reader(std::shared_ptr<Service> service) noexcept : service_(std::move(service)) {}
  void open(context& self) override { service_->open(self); }
  void start(const split& part, std::uint64_t position) override {
    static_cast<void>(part);
    position_ = position;
  }
  read_status read(batch<T>& into, std::size_t records_max) override {
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
  std::shared_ptr<Service> service_;
  std::uint64_t position_ = 0;
};

/// Ends a service with the last descriptor of it.
template <class Service>
class service_owner {
 public:
  template <class Options>
  explicit service_owner(Options options) : service(std::make_shared<Service>(std::move(options))) {}
  ~service_owner() { service->shut_down(); }
  service_owner(const service_owner&) = delete;
  service_owner& operator=(const service_owner&) = delete;

  const std::shared_ptr<Service> service;
};

}  // namespace sage::serving
