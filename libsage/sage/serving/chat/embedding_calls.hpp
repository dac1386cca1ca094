/// The calls of a chat server's embedding model, which pass its pipeline by.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sage/functions/context.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/serving/chat/embeddings_reply.hpp"

namespace sage::serving {

/// Runs any number of calls at once, on one thread of its own: a pipeline that is busy with chats doesn't hold them
/// up. Each belongs to an item: a stop or its deadline destroys its task, which calls the model off, and a call
/// without vectors ends its item with the reason. Thread-safe.
///
/// Holds back  nobody: whoever starts calls bounds them
class embedding_calls {
 public:
  /// `self` is the source's: its clock, its pool for blocking code and its recorder of spans are taken.
  embedding_calls(std::shared_ptr<embedding_model> model, context& self);
  /// Closes and joins.
  ~embedding_calls();
  embedding_calls(const embedding_calls&) = delete;
  embedding_calls& operator=(const embedding_calls&) = delete;

  void start(std::shared_ptr<embeddings_reply> reply, ref<item_scope> item);
  /// Calls off what runs, as its job has ended; so does what is started from now on.
  void close() noexcept;
  /// Waits for the thread of calls that are closed: for blocking code that still runs for one of them, too. Not from
  /// a call.
  void join() noexcept;

 private:
  class bell;
  class call;
  struct asked {
    std::shared_ptr<embeddings_reply> reply;
    ref<item_scope> item;
  };

  void run();
  /// Starts what has come in; returns whether nothing more will.
  bool take_in();
  /// Whether nothing is left of the call.
  bool settle(call& one, bool is_closed);
  [[nodiscard]] nanoseconds next_moment() const noexcept;

  const std::shared_ptr<embedding_model> model_;
  const std::shared_ptr<bell> bell_;
  const context surroundings_;

  std::mutex mutex_;  // of the next two
  std::vector<asked> incoming_;
  bool is_closed_ = false;

  std::unique_ptr<functions::task_loop> loop_;  // of the thread, as what follows
  std::vector<std::unique_ptr<call>> calls_;
  std::thread thread_;
};

}  // namespace sage::serving
