/// What all records that descend from one request share: who asked, until when, whether it was stopped, who answers.
#pragma once

#include <atomic>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>

#include "sage/base/clock.hpp"
#include "sage/base/ref.hpp"
#include "sage/base/spin_lock.hpp"
#include "sage/model/item_end.hpp"
#include "sage/model/trace_context.hpp"

namespace sage {

/// Where the requester waits. Shared: it outlives the item. Called from any thread.
class reply_port {
 public:
  virtual ~reply_port() = default;
  /// The last holder of the item has let go and nobody has answered: the requester gets this instead. Called at most
  /// once per item, and never for one whose answer was claimed.
  virtual void on_unanswered(const item_end& end) noexcept = 0;
};

/// Why an item was stopped before its end.
enum class stop_reason : std::uint8_t {
  none,
  client,    ///< the requester is gone
  deadline,  ///< its time is up
  job,       ///< its job stops
  user,      ///< somebody said so
};
[[nodiscard]] std::string_view to_string(stop_reason reason) noexcept;

/// Who works for an item and wants to hear of its stop. Shared: a stop that is under way may still reach one that has
/// just unsubscribed, with a token that it no longer knows.
class stop_listener {
 public:
  virtual ~stop_listener() = default;
  /// Runs on the thread that stops: leaves word for its owner and returns.
  virtual void on_stop(std::uint64_t token) noexcept = 0;
};

/// What an item is made of.
struct item_settings {
  std::string request_id;
  std::string tenant;
  std::string conversation;
  trace_context trace;
  nanoseconds deadline = 0;     ///< on the clock port; 0 is none
  bool keep_when_gone = false;  ///< the client's disconnect doesn't stop it
  std::shared_ptr<reply_port> reply;
};

/// The shared handle of a request. Counted: each record that descends from it holds one share, in the items column of
/// its batch. Thread-safe.
///
/// Law   a request ends in exactly one answer: whoever answers has claimed it, and when the last share is let go and
///       nobody has, the reply port is told why and where, once
/// Cost  under 200 bytes beside its texts; it allocates only for a subscription or a noted end
class item_scope {
 public:
  [[nodiscard]] static ref<item_scope> make(item_settings settings) {
    return ref<item_scope>::adopt(new item_scope(std::move(settings)));
  }
  item_scope(const item_scope&) = delete;
  item_scope& operator=(const item_scope&) = delete;

  [[nodiscard]] const std::string& request_id() const noexcept { return settings_.request_id; }
  [[nodiscard]] const std::string& tenant() const noexcept { return settings_.tenant; }
  [[nodiscard]] const std::string& conversation() const noexcept { return settings_.conversation; }
  [[nodiscard]] const trace_context& trace() const noexcept { return settings_.trace; }
  /// A moment on the clock port; 0 is none.
  [[nodiscard]] nanoseconds deadline() const noexcept { return settings_.deadline; }
  [[nodiscard]] bool keep_when_gone() const noexcept { return settings_.keep_when_gone; }
  [[nodiscard]] const std::shared_ptr<reply_port>& reply() const noexcept { return settings_.reply; }

  // ---- the answer

  /// Takes on the duty to answer: true for the first who asks, who then answers; false for everybody else.
  [[nodiscard]] bool claim_answer() noexcept { return !claimed_.exchange(true, std::memory_order_acq_rel); }
  [[nodiscard]] bool is_claimed() const noexcept { return claimed_.load(std::memory_order_acquire); }

  // ---- the end, noted by an operator that gives a record up before it lets the item go

  /// The last note is what the requester hears, if this record turns out to be the item's last one.
  void note_end(item_end_reason reason, std::string_view operator_name, std::string text = {},
                item_failure failure = {});
  /// The record goes where no label matched. Counts once a sink has taken it there without an answer: until then
  /// somebody may make something of it.
  void note_unrouted(std::string_view operator_name);
  /// A sink that doesn't answer took the record; the requester hears of the missing route rather, if there is one.
  void note_sunk(std::string_view operator_name);

  // ---- the stop

  /// Stops whatever works for this item: true for the first call, which tells every subscriber. Nothing of the kind
  /// is undone by it: a record may still arrive and be answered.
  bool stop(stop_reason reason);
  [[nodiscard]] bool is_stopped() const noexcept { return why_stopped() != stop_reason::none; }
  [[nodiscard]] stop_reason why_stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  /// Wants `on_stop(token)` when the item is stopped. False when it already is: then nobody is called. As many as
  /// work for the item at once, so the capacities of its operators are the bound.
  [[nodiscard]] bool subscribe(std::shared_ptr<stop_listener> listener, std::uint64_t token);
  /// Takes one such subscription back; O(subscriptions). Nothing happens when the stop was quicker.
  void unsubscribe(const stop_listener& listener, std::uint64_t token) noexcept;

  void acquire() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  struct subscription {
    std::shared_ptr<stop_listener> listener;
    std::uint64_t token;
  };

  explicit item_scope(item_settings settings) : settings_(std::move(settings)) {}
  ~item_scope();
  void note(std::unique_ptr<item_end> end, bool final) noexcept;

  std::atomic<std::uint32_t> owners_{1};
  std::atomic<bool> claimed_{false};
  std::atomic<stop_reason> stopped_{stop_reason::none};
  spin_lock lock_;         // of what follows
  bool is_final_ = false;  // whether end_ counts
  std::unique_ptr<item_end> end_;
  std::forward_list<subscription> subscriptions_;
  const item_settings settings_;
};

}  // namespace sage
