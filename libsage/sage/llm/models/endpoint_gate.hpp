/// The limiter of an endpoint, for all tasks of the process.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/limits/endpoint_limiter.hpp"

namespace sage::llm {

/// Lets calls through as the endpoint's limiter decides; those over the limits wait, which is backpressure for
/// whoever feeds their operator. Thread-safe; one per endpoint, shared by all models that use it.
///
/// Law  while the limiter waits for a moment and calls wait, one of them has its timer set to that moment or before
class endpoint_gate {
 public:
  explicit endpoint_gate(endpoint_limits limits) : limiter_(limits) {}

  /// A call's way through: `endpoint_gate::pass pass(gate, tenant, tokens); co_await pass; … pass.settle(outcome);` A
  /// pass that is destroyed without is a call that was given up.
  ///
  /// Fails  llm::model_error (crowded, errc::limit) when too many calls wait: retries and fallbacks go on from there
  class pass final : public functions::outside_wait {
   public:
    pass(endpoint_gate& gate, std::string tenant, std::uint64_t tokens) noexcept
        : gate_(gate), tenant_(std::move(tenant)), tokens_(tokens), timer_(*this) {}
    ~pass() { give_up(); }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <functions::sage_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter) {
      const functions::wake_ticket ticket = expect(waiter.promise());
      return begin(ticket);
    }
    void await_resume() noexcept { forget(); }
    void on_event() noexcept override;
    /// A branch that is given up while it waits takes no place, however long its frames stay.
    void on_abandoned() noexcept override { give_up(); }
    void settle(const call_outcome& outcome);

   private:
    friend class endpoint_gate;
    bool begin(functions::wake_ticket ticket);
    void give_up() noexcept;

    endpoint_gate& gate_;
    std::string tenant_;
    std::uint64_t tokens_;
    functions::timer_node timer_;
    call_id id_ = 0;
    bool has_gone_ = false;  // through the gate; written and read under its lock
    bool is_open_ = false;   // neither settled nor cancelled
  };

  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct waiter {
    pass* who;
    std::shared_ptr<functions::task_inbox> inbox;
    functions::wake_ticket ticket;
  };
  struct ring {
    std::shared_ptr<functions::task_inbox> inbox;
    functions::wake_ticket ticket;
  };
  /// After each event of the limiter, with the lock held: marks those in `go_` as gone, sees to it that somebody
  /// watches the time, and returns whom to ring, outside the lock. `mine` is the pass whose loop this thread runs, if
  /// any.
  [[nodiscard]] std::vector<ring> after_event(pass* mine);

  mutable std::mutex mutex_;
  endpoint_limiter limiter_;
  call_id next_id_ = 1;
  call_id watch_ = 0;         // the waiting call whose timer is set, or that was rung to set it; 0 is none
  nanoseconds watch_at_ = 0;  // to this moment
  std::unordered_map<call_id, waiter> waiters_;
  std::vector<call_id> go_;  // reused
};

}  // namespace sage::llm
