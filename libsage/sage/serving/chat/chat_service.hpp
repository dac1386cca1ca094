/// Requests of clients that speak OpenAI's chat completions, on their way into the pipeline and back.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "sage/serving/chat/chat_server.hpp"
#include "sage/serving/http_service.hpp"
#include "sage/serving/openai_protocol.hpp"
#include "sage/serving/request_queue.hpp"

namespace sage::serving {

/// Admits requests, queues them, answers for those that nobody answers. Thread-safe.
class chat_service final : public http_service {
 public:
  explicit chat_service(chat_server_options options);

  /// Moves at most `records_max` requests into `into`, with their items.
  read_status read(batch<completion_call>& into, std::size_t records_max);
  void close() noexcept;
  /// A request has ended, with the status that its client saw.
  void on_end(const request_record& request, int status, const chat_usage& usage);

 private:
  void on_call(const server_request& request, const caller& who, const std::shared_ptr<response_stream>& to) override;
  bool on_page(const server_request& request, response_stream& to) override;
  [[nodiscard]] std::optional<http_problem> check_model(const std::string& model) const;
  [[nodiscard]] std::optional<http_problem> admit_call(const std::string& conversation, const caller& who,
                                                       nanoseconds now);

  chat_server_options options_;
  request_queue<completion_call> queue_;
  // The requests of one conversation run one after another, whatever becomes of each: the next one is let into the
  // pipeline when the one before has ended.
  struct conversation {
    std::deque<request_queue<completion_call>::waiting> waiting;
  };
  std::unordered_map<std::string, conversation> conversations_;  // of which one request runs, by tenant and id
  std::size_t held_back_ = 0;                                    // in all conversations
};

}  // namespace sage::serving
