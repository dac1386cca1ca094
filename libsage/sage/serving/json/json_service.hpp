/// JSON requests on their way into the pipeline and back, whatever their type.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sage/serving/http_service.hpp"
#include "sage/serving/request_queue.hpp"

namespace sage::serving {

/// How a JSON server is made.
struct json_server_options {
  std::string listen = "127.0.0.1:8080";             ///< HOST:PORT; port 0 picks one
  std::string path = "/";                            ///< that takes POST
  std::shared_ptr<const callers> allowed = nullptr;  ///< who may call; null is everybody, on loopback only
  bool insecure = false;                             ///< lets everybody in, off loopback too
  std::vector<std::string> hosts = {};               ///< names it answers to beyond localhost and addresses
  tls_files tls = {};
  std::size_t requests_waiting_max = 1024;             ///< read by nobody yet; beyond: 503 with Retry-After
  std::chrono::milliseconds request_deadline{30'000};  ///< then the item stops; 0 is none
  std::uint32_t drain_ms_max = 5'000;                  ///< for answers under way when the service ends
  server_limits limits = {};
  std::shared_ptr<logger> log = nullptr;                   ///< gets one line per request
  std::function<std::string()> metrics = nullptr;          ///< what /metrics shows beside the server's own
  std::function<void(const address&)> on_bound = nullptr;  ///< told where it listens, on a thread of the job
};

/// A reply port that takes one JSON text. Thread-safe.
class json_port final : public reply_port {
 public:
  json_port(std::weak_ptr<http_service> service, request_record request, std::shared_ptr<response_stream> to)
      : service_(std::move(service)), request_(std::move(request)), to_(std::move(to)) {}

  /// Answers; the caller has claimed it.
  void on_json(const std::string& body);
  void on_unanswered(const item_end& end) noexcept override;
  void attach(item_scope& item) noexcept;
  void on_gone() noexcept;

 private:
  void end(int status);

  std::mutex mutex_;
  std::weak_ptr<http_service> service_;
  request_record request_;
  std::shared_ptr<response_stream> to_;
  item_scope* item_ = nullptr;
  bool is_over_ = false;
};

/// Decodes bodies by a function that knows their type, and queues what comes out.
class json_service : public http_service {
 public:
  /// Returns the record, or sets `problem`.
  using decoder =
      std::function<std::shared_ptr<void>(const server_request& request, std::optional<http_problem>& problem)>;

  json_service(json_server_options options, decoder decode);

  [[nodiscard]] std::vector<request_queue<std::shared_ptr<void>>::waiting> take(std::size_t records_max,
                                                                                read_status& status);
  void close() noexcept;
  void on_end(const request_record& request, int status);

 private:
  void on_call(const server_request& request, const caller& who, const std::shared_ptr<response_stream>& to) override;

  json_server_options options_;
  decoder decode_;
  request_queue<std::shared_ptr<void>> queue_;
};

}  // namespace sage::serving
