/// from_actor: a source that other actors feed, held back by the answers they get.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/unit.hpp>

#include "environment.hpp"
#include "nudge.hpp"
#include "sage/operators/source.hpp"

namespace sage {

/// Bounds of an inlet.
struct inlet_options {
  std::size_t records_max = 4096;  ///< accepted and not yet read; beyond, senders wait for their answer
};

namespace actors {

/// The records between the inlet actor and the source that reads them. Thread-safe.
template <class T>
class inlet_queue {
 public:
  explicit inlet_queue(std::size_t records_max) : records_max_(records_max) {}

  /// Takes records from the front of `from` while there is room; a single message may exceed it. Returns whether
  /// all were taken.
  bool offer(std::vector<T>& from) {
    std::shared_ptr<waker> reader;
    {
      const std::lock_guard lock(mutex_);
      if (ended_ || records_.size() >= records_max_) return false;
      for (T& record : from) records_.push_back(std::move(record));
      reader = reader_;
    }
    from.clear();
    if (reader) reader->wake();
    return true;
  }
  /// Nothing more will be offered.
  void end() {
    std::shared_ptr<waker> reader;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      reader = reader_;
    }
    if (reader) reader->wake();
  }
  void attach(std::shared_ptr<waker> reader) {
    const std::lock_guard lock(mutex_);
    reader_ = std::move(reader);
  }
  /// Moves at most `count` records into `into`. `room_made` tells whether senders may have been waiting.
  read_status take(batch<T>& into, std::size_t count, bool& room_made) {
    const std::lock_guard lock(mutex_);
    room_made = records_.size() >= records_max_;
    while (count-- > 0 && !records_.empty()) {
      into.emplace_back(std::move(records_.front()));
      records_.pop_front();
    }
    room_made = room_made && records_.size() < records_max_;
    if (!records_.empty()) return read_status::more;
    return ended_ ? read_status::end_of_split : read_status::idle;
  }

 private:
  std::mutex mutex_;
  std::deque<T> records_;
  std::size_t records_max_;
  bool ended_ = false;
  std::shared_ptr<waker> reader_;
};

/// Takes `T` and `std::vector<T>`, answers when they were accepted.
template <class T>
class inlet_actor final : public caf::event_based_actor {
 public:
  inlet_actor(caf::actor_config& config, std::shared_ptr<inlet_queue<T>> queue)
      : caf::event_based_actor(config), queue_(std::move(queue)) {}

  const char* name() const override { return "sage.inlet"; }
  void on_exit() override {
    queue_->end();
    // CAF answers the requests in the mailbox by itself, but not those whose promise waits here.
    for (auto& [answer, records] : waiting_) answer.deliver(caf::make_error(caf::sec::request_receiver_down));
    waiting_.clear();
  }
  caf::behavior make_behavior() override {
    return {
        [this](T& record) {
          std::vector<T> one;
          one.push_back(std::move(record));
          return accept(std::move(one));
        },
        [this](std::vector<T>& records) { return accept(std::move(records)); },
        [this](nudge) { serve_waiting(); },
    };
  }

 private:
  caf::response_promise accept(std::vector<T> records) {
    auto answer = make_response_promise();
    if (waiting_.empty() && queue_->offer(records)) {
      answer.deliver(caf::unit);
    } else {
      // As many as there are senders that wait for an answer: who doesn't wait isn't held back.
      waiting_.emplace_back(answer, std::move(records));
    }
    return answer;
  }
  void serve_waiting() {
    while (!waiting_.empty() && queue_->offer(waiting_.front().second)) {
      waiting_.front().first.deliver(caf::unit);
      waiting_.pop_front();
    }
  }

  std::shared_ptr<inlet_queue<T>> queue_;
  std::deque<std::pair<caf::response_promise, std::vector<T>>> waiting_;
};

/// Reads the queue; tells the inlet when there is room again, and to go when the job is over.
template <class T>
class inlet_reader final : public source_reader<T> {
 public:
  inlet_reader(std::shared_ptr<inlet_queue<T>> queue, caf::actor inlet)
      : queue_(std::move(queue)), inlet_(std::move(inlet)) {}

  void open(context& self) override { queue_->attach(self.engine()); }
  void start(const split& part, std::uint64_t position) override {
    static_cast<void>(part);
    position_ = position;
  }
  read_status read(batch<T>& into, std::size_t records_max) override {
    bool room_made = false;
    const read_status status = queue_->take(into, records_max, room_made);
    position_ += into.size();
    if (room_made) caf::anon_send(inlet_, nudge{});
    return status;
  }
  bool drain() override {
    // What was accepted was answered for: it is still read. The inlet takes nothing more.
    queue_->end();
    caf::anon_send_exit(inlet_, caf::exit_reason::user_shutdown);
    return false;
  }
  std::uint64_t position() const override { return position_; }
  void close() override {
    queue_->attach(nullptr);
    caf::anon_send_exit(inlet_, caf::exit_reason::user_shutdown);
  }

 private:
  std::shared_ptr<inlet_queue<T>> queue_;
  caf::actor inlet_;
  std::uint64_t position_ = 0;
};

/// The descriptor behind `from_actor`.
template <class T>
class inlet_source {
 public:
  using record_type = T;
  inlet_source(std::shared_ptr<inlet_queue<T>> queue, caf::actor inlet)
      : queue_(std::move(queue)), inlet_(std::move(inlet)) {}
  static const char* kind() { return "from_actor"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    p.splits = {split{"inlet", 0, 0, 0}};
    p.replayable = false;
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const {
    return std::make_unique<inlet_reader<T>>(queue_, inlet_);
  }

 private:
  std::shared_ptr<inlet_queue<T>> queue_;
  caf::actor inlet_;
};

}  // namespace actors

/// Both ends of a source that actors feed.
template <class T>
struct actor_source {
  caf::actor inlet;
  data_stream<T> stream;
};

/// Makes an actor that takes `T` or `std::vector<T>` and answers (with nothing) once the pipeline has accepted
/// them: senders that wait for the answer are held back as much as the pipeline is. The stream ends when the inlet
/// is told to exit (`anon_send_exit(inlet, caf::exit_reason::user_shutdown)`); the inlet exits when the job ends.
template <class T>
[[nodiscard]] actor_source<T> from_actor(embedded_environment& env, inlet_options bounds = {}) {
  auto queue = std::make_shared<actors::inlet_queue<T>>(bounds.records_max);
  caf::actor inlet = env.system().spawn<actors::inlet_actor<T>>(queue);
  return {inlet, env.from_source(actors::inlet_source<T>(queue, inlet))};
}

}  // namespace sage
