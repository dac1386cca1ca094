/// One call of a model over HTTP: the dialect, the stream and the client put together, without coroutines.
#pragma once

#include <memory>

#include "sage/llm/chat.hpp"
#include "sage/llm/dialects/dialect.hpp"
#include "sage/llm/embedding.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/llm/http/http_client.hpp"
#include "sage/llm/provider_error.hpp"

namespace sage::llm {

/// What a listener wants after a piece of the reply.
enum class flow : std::uint8_t { more, full };

/// Hears of one chat call, on the client's I/O thread: it must not block or throw. After any number of deltas comes
/// exactly one of on_reply and on_failure, also after a cancel and when the client is destroyed.
class model_call_listener {
 public:
  virtual ~model_call_listener() = default;
  /// A piece of a streamed reply. After `full` no other comes until model_call::resume(), and the provider is held
  /// back once the buffers between are full.
  virtual flow on_delta(chat_delta delta) = 0;
  /// The whole reply, all deltas included.
  virtual void on_reply(chat_reply reply) = 0;
  virtual void on_failure(const provider_error& problem) = 0;
};

/// Hears of one embedding call; exactly one of both, as above.
class embedding_call_listener {
 public:
  virtual ~embedding_call_listener() = default;
  virtual void on_vectors(embedding_reply reply) = 0;
  virtual void on_failure(const provider_error& problem) = 0;
};

/// A call of a model that was sent. Its owner may forget it: the client keeps it to its end. Thread-safe.
///
/// Holds back  a streamed reply whose listener is full: at most one read buffer and one event
class model_call {
 public:
  /// Sends `request`. What can't be sent is told to the listener before this returns, on the caller's thread.
  static model_call start(http_client& client, const model_endpoint& endpoint, const chat_request& request,
                          answer_form form, std::shared_ptr<model_call_listener> listener);
  static model_call start(http_client& client, const model_endpoint& endpoint, const embedding_request& request,
                          std::shared_ptr<embedding_call_listener> listener);

  model_call() = default;
  /// Closes the connection at once; the listener hears provider_failure::cancelled unless it has heard the end.
  void cancel() const { http_.cancel(); }
  /// The listener can take more.
  void resume() const { http_.resume(); }

 private:
  explicit model_call(http_call http) : http_(std::move(http)) {}

  http_call http_;
};

/// Cancels a call when its owner's frame goes, whichever way that is; after the answer it does nothing.
class hang_up {
 public:
  explicit hang_up(const model_call& call) noexcept : call_(call) {}
  ~hang_up() { call_.cancel(); }
  hang_up(const hang_up&) = delete;
  hang_up& operator=(const hang_up&) = delete;

 private:
  const model_call& call_;
};

}  // namespace sage::llm
