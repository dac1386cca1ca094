/// Where coroutines live: one loop per async operator instance resumes them, keeps their timers, and takes in what
/// other threads have to say to them.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/functions/context.hpp"
#include "sage/functions/tasks/task_inbox.hpp"
#include "sage/functions/tasks/timer_heap.hpp"

namespace sage::functions {

class task_loop;
class blocking_port;

/// A branch of work: a call with all the tasks that it awaits, or one of several tasks that run at once below it.
///
/// A branch is pinned while blocking code runs on its behalf: its frames must not go away meanwhile, since that code
/// may refer to them. Who gives a branch up retires it; it is destroyed at once, or when its last pin is gone.
class task_scope {
 public:
  task_scope(task_loop& loop, context* self) noexcept : loop_(&loop), self_(self) {}
  /// A branch below `parent`: the next step of its path, or one that has no place in it.
  explicit task_scope(task_scope& parent, bool is_step = true) noexcept
      : loop_(parent.loop_), parent_(&parent), self_(parent.self_), number_(is_step ? parent.steps_++ : no_step) {}
  task_scope(const task_scope&) = delete;
  task_scope& operator=(const task_scope&) = delete;

  [[nodiscard]] task_loop& loop() const noexcept { return *loop_; }
  /// The surroundings of the call; null where a test started the task without.
  [[nodiscard]] context* self() const noexcept { return self_; }

  /// Names the next step in this branch: "2", or "2.0.1" in a branch below. The same whenever the same code takes the
  /// same steps, whatever the order in which branches get on. O(depth).
  [[nodiscard]] std::string next_step() {
    std::string path = std::to_string(steps_++);
    for (const task_scope* s = this; s; s = s->parent_) {
      if (s->parent_ && s->number_ != no_step) path.insert(0, std::to_string(s->number_) + ".");
    }
    return path;
  }

  void pin() noexcept {
    for (task_scope* s = this; s; s = s->parent_) ++s->pins_;
  }
  void unpin() noexcept {
    for (task_scope* s = this; s; s = s->parent_) --s->pins_;
  }
  [[nodiscard]] bool is_pinned() const noexcept { return pins_ > 0; }
  /// Nothing below is resumed any more.
  void retire() noexcept { retired_ = true; }
  [[nodiscard]] bool is_retired() const noexcept {
    for (const task_scope* s = this; s; s = s->parent_) {
      if (s->retired_) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_within(const task_scope& other) const noexcept {
    for (const task_scope* s = this; s; s = s->parent_) {
      if (s == &other) return true;
    }
    return false;
  }

 private:
  task_loop* loop_;
  task_scope* parent_ = nullptr;
  context* self_;
  static constexpr std::uint32_t no_step = ~std::uint32_t{0};
  std::uint32_t number_ = no_step;
  std::uint32_t steps_ = 0;
  std::uint32_t pins_ = 0;
  bool retired_ = false;
};

/// A suspended coroutine's place in the ready queue. Leaves the queue by itself when its frame is destroyed.
class ready_node {
 public:
  ready_node() = default;
  ready_node(const ready_node&) = delete;
  ready_node& operator=(const ready_node&) = delete;
  ~ready_node() { leave(); }

 protected:
  void leave() noexcept {
    if (!next_) return;
    next_->before_ = before_;
    before_->next_ = next_;
    next_ = before_ = nullptr;
  }

  std::coroutine_handle<> frame_;
  task_scope* scope_ = nullptr;

 private:
  friend class task_loop;
  ready_node* next_ = nullptr;  // null: not queued
  ready_node* before_ = nullptr;
};

/// What the loop tells somebody who waits: a moment has come, or another thread has rung.
class task_event {
 public:
  virtual void on_event() noexcept = 0;
  /// The branch it belongs to was given up while pinned: whatever was started outside should be called off now.
  virtual void on_abandoned() noexcept {}
  /// The branch that waits, or null.
  [[nodiscard]] virtual const task_scope* scope() const noexcept { return nullptr; }

 protected:
  ~task_event() = default;
};

/// Called by the thread of its owner only, but for what goes through `inbox()`. Pure: no thread, no clock but the
/// port.
///
/// Law  what finishes hands its waiter to the ready queue, so no number of immediate completions grows the stack
/// Law  a coroutine is resumed only by `run`, and only while its branch isn't retired
class task_loop {
 public:
  task_loop(const clock& time, std::shared_ptr<waker> engine, std::shared_ptr<blocking_port> blocking);
  ~task_loop();
  task_loop(const task_loop&) = delete;
  task_loop& operator=(const task_loop&) = delete;

  [[nodiscard]] const clock& time() const noexcept { return time_; }
  [[nodiscard]] const std::shared_ptr<task_inbox>& inbox() const noexcept { return inbox_; }
  [[nodiscard]] const std::shared_ptr<blocking_port>& blocking() const noexcept { return blocking_; }

  /// Queues a suspended coroutine to be resumed. O(1).
  void make_ready(ready_node& node) noexcept {
    node.before_ = ready_.before_;
    node.next_ = &ready_;
    ready_.before_->next_ = &node;
    ready_.before_ = &node;
  }
  [[nodiscard]] bool has_ready() const noexcept { return ready_.next_ != &ready_; }

  /// Resumes at most `resumptions_max` coroutines; returns whether more are ready.
  bool run(std::size_t resumptions_max);
  /// Tells those whose moment has come or who were rung for. Resumes nobody.
  void attend();
  /// Whether `attend` would find anything: one load, and the clock only when a timer is set.
  [[nodiscard]] bool has_news() const noexcept {
    return inbox_->has_entries() || (!timers_.empty() && timers_.next_at() <= time_.now());
  }
  /// The moment of the next timer.
  [[nodiscard]] std::optional<nanoseconds> next_timer() const noexcept {
    return timers_.empty() ? std::nullopt : std::optional(timers_.next_at());
  }

  /// Registers somebody who waits for another thread, which gets the ticket: `inbox()->ring(ticket)`.
  [[nodiscard]] wake_ticket expect(task_event& who);
  /// From now on the ticket rings for nobody.
  void forget(wake_ticket ticket) noexcept;

  void set_timer(timer_node& timer, nanoseconds at) { timers_.set(timer, at); }

  /// Takes over what keeps a retired branch alive until its last pin is gone.
  class retired_branch {
   public:
    virtual ~retired_branch() = default;
    [[nodiscard]] virtual const task_scope& scope() const noexcept = 0;
  };
  void keep_until_unpinned(std::unique_ptr<retired_branch> branch);
  /// Calls off what a retired, pinned branch waits for outside.
  void abandon(const task_scope& scope) noexcept;
  [[nodiscard]] bool has_retired() const noexcept { return !retired_.empty(); }

  /// What has to stay alive while blocking code runs for a task of this loop: set by whoever owns the frames.
  void set_keeper(std::weak_ptr<void> keeper) noexcept { keeper_ = std::move(keeper); }
  [[nodiscard]] std::shared_ptr<void> keep_alive() const noexcept { return keeper_.lock(); }

 private:
  struct waiting {
    task_event* who = nullptr;
    std::uint32_t generation = 0;
  };

  const clock& time_;
  std::shared_ptr<blocking_port> blocking_;
  std::shared_ptr<task_inbox> inbox_;
  ready_node ready_;  // head of the circular list
  timer_heap timers_;
  std::vector<waiting> waiting_;
  std::vector<std::uint32_t> free_;
  std::vector<wake_ticket> rung_;  // reused
  std::vector<std::unique_ptr<retired_branch>> retired_;
  std::weak_ptr<void> keeper_;
};

}  // namespace sage::functions
