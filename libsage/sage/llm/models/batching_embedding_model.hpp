/// An embedding model that gathers the texts of concurrent calls into one request.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sage/functions/tasks/task_inbox.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/limits/text_gatherer.hpp"

namespace sage {

/// Calls `inner` with the texts of all calls that have come while its last request was under way. A call that comes
/// alone leaves at once, so nobody waits for company; one that would have to wait goes with the others. Thread-safe:
/// calls of all operators and threads are gathered.
///
/// A request is made by one of its calls, in its name: `inner` sees that call's tenant and item. Limits and budgets
/// per caller belong around this model, retries below it: `batching(retrying(http))`. When that call is stopped,
/// another one makes the request again.
///
/// Law    every call gets the vectors of its own texts, or one error
/// Law    a request that is refused is tried in halves, so one bad text fails its own call only
/// Fails  with what `inner` fails with; llm::model_error (crowded) when waiting_texts_max texts wait
/// Cost   a copy of the texts of requests that are shared
class batching_embedding_model final : public embedding_model {
 public:
  explicit batching_embedding_model(std::shared_ptr<embedding_model> inner, llm::gathering_limits limits = {});

  task<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override;
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }
  /// Texts of calls that have not been answered.
  [[nodiscard]] std::size_t waiting() const;

 private:
  class call;
  struct ring {
    std::shared_ptr<functions::task_inbox> inbox;
    functions::wake_ticket ticket;
  };

  /// Gives every request that may be made to one of its calls, to `mine` before others; the lock is held. Appends
  /// whom to ring, outside the lock.
  void hand_out(call* mine, std::vector<ring>& rings);

  std::shared_ptr<embedding_model> inner_;
  mutable std::mutex mutex_;
  llm::text_gatherer gatherer_;
  std::unordered_map<llm::text_gatherer::call_id, call*> calls_;
  llm::text_gatherer::call_id last_ = 0;
};

}  // namespace sage
