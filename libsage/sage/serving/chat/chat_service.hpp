/// Requests of clients that speak OpenAI's chat completions, on their way into the pipeline and back.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sage/serving/chat/chat_server.hpp"
#include "sage/serving/http_service.hpp"
#include "sage/serving/openai_protocol.hpp"
#include "sage/serving/request_queue.hpp"

namespace sage::serving {

class embedding_calls;

/// Admits requests, queues them, answers for those that nobody answers. Thread-safe.
class chat_service final : public http_service {
 public:
  explicit chat_service(chat_server_options options);

  void open(context& self);

  /// Moves at most `records_max` requests into `into`, with their items.
  read_status read(batch<completion_call>& into, std::size_t records_max);
  void close() noexcept;
  void shut_down();
  /// A request has ended, with the status that its client saw.
  void on_end(const request_record& request, int status, const chat_usage& usage);
  void on_embeddings_end(const request_record& request, int status, std::uint64_t tokens);

 private:
  void on_call(const server_request& request, const caller& who, const std::shared_ptr<response_stream>& to) override;
  bool on_page(const server_request& request, response_stream& to) override;
  void on_completion(const server_request& request, const caller& who, const std::shared_ptr<response_stream>& to);
  void on_embeddings(const server_request& request, const caller& who, const std::shared_ptr<response_stream>& to);
  [[nodiscard]] std::vector<listed_model> models() const;
  [[nodiscard]] item_settings settings_for(const request_record& record, std::shared_ptr<reply_port> reply) const;
  [[nodiscard]] std::optional<http_problem> check_model(const std::string& model) const;
  [[nodiscard]] std::shared_ptr<embedding_calls> embeddings() const;
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
  std::shared_ptr<embedding_calls> embeddings_;                  // null without a model
  std::size_t embeddings_running_ = 0;
};

}  // namespace sage::serving
