/// The answer to one completion request, on its way out.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sage/serving/chat/answer_port.hpp"
#include "sage/serving/http_service.hpp"
#include "sage/serving/openai_protocol.hpp"

namespace sage::serving {

class chat_service;

/// Writes answer parts as server-sent events, or gathers them into one JSON. Ends the request exactly once: with the
/// answer, or with what became of its item.
class completion_reply final : public answer_port {
 public:
  completion_reply(std::weak_ptr<chat_service> service, request_record request, std::shared_ptr<response_stream> to,
                   const completion_request& wanted, completion_name name);

  void on_part(const answer_part& part) override;
  void on_unanswered(const item_end& end) noexcept override;
  /// The item that is answered here; it tells us before it goes, so that a stop finds it or knows that it is gone.
  void attach(item_scope& item) noexcept;
  /// The client has gone: its item is stopped, unless it was to go on; whatever comes now is for nobody.
  void on_gone() noexcept;

 private:
  void gather(const answer_part& part);
  void stream(const answer_part& part);
  void fail(const http_problem& problem);
  void note_seen(const answer_part& part) noexcept;
  void end(int status);

  std::mutex mutex_;
  std::weak_ptr<chat_service> service_;
  request_record request_;
  std::shared_ptr<response_stream> to_;
  bool streams_;
  bool include_usage_;
  completion_name name_;
  completion_stream text_;
  bool has_begun_ = false;
  bool is_over_ = false;
  item_scope* item_ = nullptr;
  chat_usage seen_;  // an estimate, for an answer that breaks off before it says what it has taken
  const std::uint64_t input_tokens_assumed_;
  chat_reply whole_;
};

}  // namespace sage::serving
