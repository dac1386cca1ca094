/// json_server: a source of plain JSON requests of any described type, and the sink that answers them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sage/operators/sink.hpp"
#include "sage/operators/source.hpp"
#include "sage/serving/json/json_service.hpp"
#include "sage/serving/json_protocol.hpp"
#include "sage/serving/service_source.hpp"

namespace sage::serving {

/// `env.from_source(sage::serving::json_server<order>({.path =
/// "/orders"})).map(price).sink(sage::serving::json_reply());` A POST of a JSON object becomes a record with an item;
/// whatever becomes of it, the client gets exactly one answer.
///
/// Shape       nothing -> Request
/// Emits       requests as they come; never ends by itself
/// Completes   when the job drains and every accepted request was read
/// Fails       when it can't listen
template <encodable_record Request>
class json_server {
 public:
  using record_type = Request;

  explicit json_server(json_server_options options = {})
      : owner_(std::make_shared<service_owner<service>>(std::move(options))) {}

  static const char* kind() { return "json_server"; }
  [[nodiscard]] source_plan plan() const {
    source_plan its;
    its.splits = {split{"requests", 0, 0, 0}};
    its.replayable = false;
    return its;
  }
  [[nodiscard]] std::unique_ptr<source_reader<Request>> make_reader() const {
    return std::make_unique<service_reader<Request, service>>(owner_->service);
  }
  /// The address that it got; empty before the job has opened it.
  [[nodiscard]] std::string bound() const { return owner_->service->bound(); }

 private:
  // Knows the type of what the untyped service keeps.
  class service final : public json_service {
   public:
    explicit service(json_server_options options) : json_service(std::move(options), &json_server::decode) {}
    read_status read(batch<Request>& into, std::size_t records_max) {
      read_status status = read_status::idle;
      for (auto& next : take(records_max, status)) {
        into.emplace_back(std::move(*static_cast<Request*>(next.call.get())));
        into.add_items()[into.size() - 1] = std::move(next.item);
      }
      return status;
    }
  };

  static std::shared_ptr<void> decode(const server_request& request, std::optional<http_problem>& problem) {
    auto record = std::make_shared<Request>();
    problem = decode_request(request, *record);
    return record;
  }

  std::shared_ptr<service_owner<service>> owner_;
};

/// Answers the item's request with `body`, if nobody has answered yet. Does nothing for a record without an item.
/// Throws errc::invalid_argument for an item that wasn't asked at a JSON server.
void send_json(item_scope* item, const std::string& body);

/// The sink: each record answers the request that it descends from, as JSON.
///
/// Shape  T -> nothing
/// Note   the first answer counts; what comes for an answered request is dropped
class json_reply {
 public:
  static const char* kind() { return "json_reply"; }

  template <encodable T>
  class writer final : public sink_writer<T> {
   public:
    void write(batch<T>& records, bool consume) override {
      static_cast<void>(consume);
      ref<item_scope>* const items = records.items();
      if (!items) return;
      for (std::size_t i = 0; i < records.size(); ++i) {
        if (items[i] && !items[i]->is_claimed()) send_json(items[i].get(), encode_reply(records[i]));
      }
    }
    // An answer is out at once.
    [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::at_least_once; }
  };
  struct maker {
    template <encodable T>
    operator std::unique_ptr<sink_writer<T>>() const {  // NOLINT: converts to whatever the stream carries
      return std::make_unique<writer<T>>();
    }
  };
  [[nodiscard]] maker make_writer() const { return {}; }
};

}  // namespace sage::serving
