/// The port of language models: whatever answers a chat.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sage/functions/tasks/task.hpp"
#include "sage/llm/chat.hpp"

namespace sage {

/// Sees a reply while it is being written. Called on the thread of the task.
class chat_observer {
 public:
  virtual ~chat_observer() = default;
  virtual void on_delta(const chat_delta& piece) = 0;
  /// What was seen of this call so far is void: it is made again, perhaps elsewhere.
  virtual void on_restart() {}
  /// Whether what was shown can be void. Where it can't, as somebody has read it, a call that has shown something and
  /// then fails isn't made again.
  [[nodiscard]] virtual bool takes_back() const { return true; }
  /// Whether whoever is behind can't take more at the moment; the model then waits for `room`.
  [[nodiscard]] virtual bool is_full() const { return false; }
  virtual task<> room() { co_return; }
};

/// Answers chats. An object may be called from any number of tasks, on any threads, at once.
///
/// Models wrap models: a limiter, retries, a fallback, a cache are models around another one.
class chat_model {
 public:
  virtual ~chat_model() = default;
  /// Answers `request`, which lives until the task has ended. `observer`, when not null, sees the pieces first; a
  /// model that doesn't stream shows one. Stopping the task calls the model off.
  ///
  /// Fails  with llm::model_error (an error) that says whether another try could help
  virtual task<chat_reply> chat(const chat_request& request, chat_observer* observer) = 0;
  /// For messages and metrics.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
};

/// Turns texts into vectors, as chat_model in everything else.
class embedding_model {
 public:
  virtual ~embedding_model() = default;
  /// One vector per text, all of one size.
  virtual task<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) = 0;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
};

}  // namespace sage
