/// Between the HTTP server and the pipeline: admits requests, queues them, answers for those that nobody answers.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "sage/functions/context.hpp"
#include "sage/model/batch.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/operators/source.hpp"
#include "sage/serving/chat/chat_server.hpp"
#include "sage/serving/chat/request_rates.hpp"
#include "sage/serving/openai_protocol.hpp"

namespace sage::serving {

/// What a reply port has to tell when its request has ended.
struct request_record {
  std::string id;
  std::string tenant;
  std::string conversation;  // empty unless the client named it
  nanoseconds received = 0;
};

/// Thread-safe. Shared by the descriptor, the acceptor of the HTTP server and the replies under way.
class chat_service final : public request_acceptor, public std::enable_shared_from_this<chat_service> {
 public:
  explicit chat_service(chat_server_options options);

  // ---- the pipeline's side

  void open(context& self);
  /// Moves at most `records_max` requests into `into`, with their items.
  read_status read(batch<completion_call>& into, std::size_t records_max);
  /// Takes nothing more in.
  void drain() noexcept;
  void close() noexcept;
  /// Lets what runs end within drain_ms_max, then stops the server. Blocks; not from a thread of the server.
  void shut_down();
  [[nodiscard]] std::string bound() const;

  // ---- the server's side

  void on_request(server_request request, std::shared_ptr<response_stream> to) override;
  /// A request has ended, with the status that its client saw.
  void on_end(const request_record& request, int status, const chat_usage& usage);

 private:
  struct waiting_call {
    completion_call call;
    ref<item_scope> item;
  };
  class door;  // keeps the server from keeping us

  void on_get(const server_request& request, response_stream& to);
  void on_completion(const server_request& request, const std::shared_ptr<response_stream>& to);
  [[nodiscard]] std::optional<http_problem> authorize(const server_request& request, caller& who);
  [[nodiscard]] std::optional<http_problem> check_model(const std::string& model) const;
  [[nodiscard]] std::optional<http_problem> admit(const completion_request& wanted, const caller& who,
                                                  nanoseconds now);
  void log_end(const request_record& request, int status, const chat_usage& usage);

  chat_server_options options_;
  const clock* time_ = &system_clock();
  std::atomic<bool> is_draining_{false};
  std::atomic<std::uint64_t> next_request_{1};
  std::string instance_;  // tells this server's request ids from another's

  mutable std::mutex mutex_;
  std::deque<waiting_call> queue_;
  std::unordered_map<std::string, std::size_t> conversations_;  // requests that have not ended, by tenant and id
  request_rates rates_;
  std::shared_ptr<waker> reader_;
  bool is_closed_ = false;
  std::string bound_;
  std::unique_ptr<http_server> server_;
};

}  // namespace sage::serving
