/// to_actor: a sink that sends every record to an actor and waits for its answers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include "nudge.hpp"
#include "sage/base/error.hpp"
#include "sage/operators/item_ends.hpp"
#include "sage/operators/operator.hpp"

namespace sage {

/// Bounds of an outlet.
struct outlet_options {
  std::size_t requests_max = 64;            ///< sent and not yet answered, per instance
  std::chrono::milliseconds timeout{5000};  ///< for each answer; one that is late is noticed within 1.25 of it
};

namespace actors {

/// What the sink and its courier share. Thread-safe.
template <class T>
class outbox {
 public:
  explicit outbox(std::size_t requests_max) : requests_max_(requests_max) {}

  [[nodiscard]] bool has_room() const {
    const std::lock_guard lock(mutex_);
    return queued_.size() + in_flight_ < requests_max_;
  }
  [[nodiscard]] bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return queued_.empty() && in_flight_ == 0;
  }
  void put(T record) {
    const std::lock_guard lock(mutex_);
    queued_.push_back(std::move(record));
  }
  /// Takes the next record to send.
  bool take(std::deque<T>& to) {
    const std::lock_guard lock(mutex_);
    if (queued_.empty()) return false;
    to.push_back(std::move(queued_.front()));
    queued_.pop_front();
    ++in_flight_;
    return true;
  }
  void answered(std::string problem) {
    std::shared_ptr<waker> sink;
    {
      const std::lock_guard lock(mutex_);
      --in_flight_;
      if (!problem.empty() && problem_.empty()) problem_ = std::move(problem);
      sink = sink_;
    }
    if (sink) sink->wake();
  }
  void attach(std::shared_ptr<waker> sink) {
    const std::lock_guard lock(mutex_);
    sink_ = std::move(sink);
  }
  /// Throws what an answer said, if it was an error.
  void check() const {
    const std::lock_guard lock(mutex_);
    if (!problem_.empty()) throw error(errc::user_function, "the actor did not take a record: " + problem_);
  }

 private:
  mutable std::mutex mutex_;
  std::size_t requests_max_;
  std::deque<T> queued_;
  std::size_t in_flight_ = 0;
  std::string problem_;
  std::shared_ptr<waker> sink_;
};

/// Makes the requests, since an operator is no actor. Woken when there is something to send. Watches over the time of
/// the answers with one timer: CAF keeps the time-out of a request until it would have expired, answered or not, so
/// at 100,000 records a second theirs would pile up by the hundred thousand.
template <class T>
class courier final : public caf::event_based_actor {
 public:
  courier(caf::actor_config& config, std::shared_ptr<outbox<T>> box, caf::actor target,
          std::chrono::milliseconds timeout)
      : caf::event_based_actor(config), box_(std::move(box)), target_(std::move(target)), timeout_(timeout) {}

  const char* name() const override { return "sage.courier"; }
  caf::behavior make_behavior() override {
    return {[this](nudge) {
              std::deque<T> next;
              while (box_->take(next)) {
                ask(std::move(next.front()));
                next.pop_front();
              }
            },
            [this](look_at_clock) {
              looks_ = false;
              while (!unanswered_.empty() && unanswered_.begin()->second + timeout_ <= home_system().clock().now()) {
                on_answer(unanswered_.begin()->first, "no answer within " + std::to_string(timeout_.count()) + " ms");
              }
              look_later();
            }};
  }

 private:
  void ask(T record) {
    const std::uint64_t number = next_number_++;
    unanswered_.emplace_hint(unanswered_.end(), number, home_system().clock().now());
    look_later();
    request(target_, caf::infinite, std::move(record))
        .then([this, number] { on_answer(number, {}); },
              [this, number](const caf::error& problem) {
                // Any answer will do: one that carries something is no failure.
                const bool answered = problem == caf::sec::unexpected_response;
                on_answer(number, answered ? std::string() : system().render(problem));
              });
  }
  void on_answer(std::uint64_t number, std::string problem) {
    if (unanswered_.erase(number) > 0) box_->answered(std::move(problem));
  }
  void look_later() {
    if (unanswered_.empty() || std::exchange(looks_, true)) return;
    delayed_send(this, std::max(timeout_ / 4, std::chrono::milliseconds(1)), look_at_clock{});
  }

  std::shared_ptr<outbox<T>> box_;
  caf::actor target_;
  std::chrono::milliseconds timeout_;
  std::map<std::uint64_t, caf::actor_clock::time_point> unanswered_;  // when each was sent, in order
  std::uint64_t next_number_ = 0;
  bool looks_ = false;
};

/// Hands records to the courier as long as there is room, and waits for the rest of the answers at the end.
template <class T>
class outlet_operator final : public operators::operator_base {
 public:
  outlet_operator(caf::actor target, outlet_options bounds) : target_(std::move(target)), bounds_(bounds) {}

  void open(context& self) override {
    self_ = &self;
    box_ = std::make_shared<outbox<T>>(bounds_.requests_max);
    box_->attach(self.engine());
    courier_ = target_.home_system().template spawn<courier<T>>(box_, target_, bounds_.timeout);
  }
  operators::flow on_batch(batch_ref records, operators::output& out) override {
    input_ = std::move(records);
    cursor_ = 0;
    return resume(out);
  }
  operators::flow resume(operators::output& out) override {
    static_cast<void>(out);
    box_->check();
    if (!input_) return box_->is_empty() ? operators::flow::done : operators::flow::suspended;
    auto& records = static_cast<batch<T>&>(*input_);
    const bool consume = records.unique();
    bool sent = false;
    while (cursor_ < records.size() && box_->has_room()) {
      if (consume) {
        box_->put(std::move(records[cursor_++]));
      } else {
        box_->put(std::as_const(records[cursor_++]));
      }
      sent = true;
      ++fate_.passed;
    }
    if (sent) caf::anon_send(courier_, nudge{});
    if (cursor_ < records.size()) return operators::flow::suspended;
    operators::end_items(*input_, 0, input_->size(), item_end_reason::sunk, *self_);
    input_.reset();
    return operators::flow::done;
  }
  operators::flow on_end(operators::output& out) override { return resume(out); }
  void close() override {
    box_->attach(nullptr);
    caf::anon_send_exit(courier_, caf::exit_reason::user_shutdown);
    courier_ = nullptr;
  }

 private:
  caf::actor target_;
  outlet_options bounds_;
  context* self_ = nullptr;
  std::shared_ptr<outbox<T>> box_;
  caf::actor courier_;
  batch_ref input_;
  std::size_t cursor_ = 0;
};

}  // namespace actors

/// The descriptor of a sink into an actor.
class actor_sink {
 public:
  actor_sink(caf::actor target, outlet_options bounds) : target_(std::move(target)), bounds_(bounds) {}
  static const char* kind() { return "to_actor"; }
  static bool single_instance() { return true; }
  template <class T>
  [[nodiscard]] operators::operator_ptr make_operator() const {
    return std::make_unique<actors::outlet_operator<T>>(target_, bounds_);
  }

 private:
  caf::actor target_;
  outlet_options bounds_;
};

/// Sends every record to `target` as a request, in order, with at most `requests_max` unanswered. Any answer counts
/// as taken; an error, a timeout or the end of `target` fails the job.
[[nodiscard]] inline actor_sink to_actor(caf::actor target, outlet_options bounds = {}) {
  return actor_sink(std::move(target), bounds);
}

}  // namespace sage
