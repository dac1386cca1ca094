/// The answer to one request for embeddings, on its way out.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sage/model/item_scope.hpp"
#include "sage/serving/embeddings_protocol.hpp"
#include "sage/serving/http_service.hpp"

namespace sage::serving {

class chat_service;

/// Ends the request exactly once: with the vectors, or with what became of its item. Thread-safe.
class embeddings_reply final : public reply_port {
 public:
  embeddings_reply(std::weak_ptr<chat_service> service, request_record request, std::shared_ptr<response_stream> to,
                   embeddings_request wanted);

  [[nodiscard]] const std::vector<std::string>& inputs() const noexcept { return wanted_.inputs; }
  [[nodiscard]] const trace_context& trace() const noexcept { return request_.trace; }

  /// Answers; the caller has claimed it.
  void on_vectors(const std::vector<std::vector<float>>& vectors);
  void on_unanswered(const item_end& end) noexcept override;
  /// The item that is answered here, which lives until it is answered.
  void attach(item_scope& item) noexcept;
  /// The client has gone: its item is stopped.
  void on_gone() noexcept;

 private:
  [[nodiscard]] std::optional<http_problem> check(const std::vector<std::vector<float>>& vectors) const;
  void end(int status, std::uint64_t tokens);

  std::mutex mutex_;
  std::weak_ptr<chat_service> service_;
  const request_record request_;
  std::shared_ptr<response_stream> to_;
  const embeddings_request wanted_;
  item_scope* item_ = nullptr;
  bool is_over_ = false;
};

}  // namespace sage::serving
