/// One record inside an async operator: from the moment it is taken out of its batch until its fate is known.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "sage/base/ref.hpp"
#include "sage/functions/context.hpp"
#include "sage/functions/span_scope.hpp"
#include "sage/functions/tasks/emitter.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/functions/tasks/timer_heap.hpp"
#include "sage/model/byte_block.hpp"
#include "sage/model/item_scope.hpp"

namespace sage::operators {

class async_core;
class async_call;
struct call_queue;

/// Hears that the item of a call was stopped, or that its deadline has passed.
class item_watch final : public functions::task_event {
 public:
  explicit item_watch(async_call& call) noexcept : call_(call), timer(*this) {}
  void on_event() noexcept override;

 private:
  async_call& call_;

 public:
  functions::timer_node timer;  // the item's deadline
  functions::wake_ticket ticket;
  bool is_subscribed = false;
};

/// At a stable address until its task is destroyed, which may be after its fate is known: while blocking code runs
/// for it.
class async_call : public functions::task_end, public functions::task_event, public functions::emission_listener {
 public:
  enum class stage : std::uint8_t {
    free,         // nobody's
    waiting,      // for a call of its key, or for capacity
    running,      // its task lives
    backing_off,  // until its next attempt
    ended,        // its result is there and waits for its turn to leave
    given_up,     // no result will come; its place in the order is still taken
    leaving,      // its fate is known, its frames are pinned
  };

  async_call(async_core& core, const context& surroundings)
      : core_(core), self(surroundings), timer(*this), watch(*this) {}
  async_call(const async_call&) = delete;
  async_call& operator=(const async_call&) = delete;
  virtual ~async_call() = default;

  /// Calls the function and starts its task. Throws what the function throws by itself.
  virtual void start() = 0;
  /// Destroys the task and everything it has.
  virtual void destroy_task() noexcept = 0;
  /// Destroys record and result.
  virtual void clear() noexcept = 0;
  [[nodiscard]] virtual bool is_done() const noexcept = 0;
  /// What the task threw, or null.
  [[nodiscard]] virtual std::exception_ptr problem() const noexcept = 0;

  void on_task_end() noexcept final;
  void on_event() noexcept final;  // its timer
  void on_emission() noexcept final;
  void on_item_event() noexcept;

 private:
  async_core& core_;

 public:
  context self;  // of this call: what the function gets
  functions::timer_node timer;
  std::optional<functions::task_scope> scope;
  stage at = stage::free;
  std::uint32_t attempts = 0;
  ref<item_scope> item;  // of the record; may be null
  event_time time = no_event_time;
  loop_mark lap;
  std::uint64_t epoch = 0;  // how many watermarks had come before the record
  item_watch watch;
  bool has_emitted = false;
  std::optional<functions::span_scope> span;
  bool in_ended_queue = false;
  bool in_emitting_queue = false;
  bool in_pinned = false;
  bool timed_out = false;
  std::exception_ptr start_problem;  // thrown before there was a task
  call_queue* key = nullptr;         // of its key, with ordered_by_key
  async_call* ahead = nullptr;       // of the same key
  async_call* behind = nullptr;
  std::vector<ref<byte_block>> blocks;  // that the record views
};

}  // namespace sage::operators
