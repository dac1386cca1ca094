// The engine that runs a whole job on one thread, one instance after the other, without actors: the same cores, the
// simplest shell. What it computes is what every other engine has to compute.
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "sage/runtime/assembly.hpp"
#include "sage/runtime/coordinator.hpp"
#include "sage/runtime/ledger.hpp"
#include "sage/runtime/port_orders.hpp"
#include "sage/runtime/stop_signal.hpp"

namespace sage::runtime {

namespace {

// An event for the coordinator.
using job_request = std::function<void(coordinator&, std::vector<order>&)>;

// What other threads want of a run; shared with wakers, which may outlive it.
class doorbell {
 public:
  void wake(instance_id who) {
    {
      const std::lock_guard lock(mutex_);
      woken_.push_back(who);
    }
    rung_.notify_one();
  }
  void request(job_request what) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(what));
    }
    rung_.notify_one();
  }
  // Takes what has come in; waits for it when `wait`, at most until the moment `until` when that isn't 0.
  template <class OnWake, class OnRequest>
  void answer(bool wait, nanoseconds until, const clock& time, OnWake on_wake, OnRequest on_request) {
    std::unique_lock lock(mutex_);
    const auto rung = [this] { return !woken_.empty() || !requests_.empty(); };
    if (wait && until == 0) rung_.wait(lock, rung);
    if (wait && until != 0) rung_.wait_for(lock, std::chrono::nanoseconds(until - time.now()), rung);
    const auto woken = std::exchange(woken_, {});
    const auto requests = std::exchange(requests_, {});
    lock.unlock();
    for (const instance_id who : woken) on_wake(who);
    for (const job_request& what : requests) on_request(what);
  }

  stop_signal stop;

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  std::vector<instance_id> woken_;
  std::vector<job_request> requests_;
};

class reference_waker final : public waker {
 public:
  reference_waker(std::shared_ptr<doorbell> bell, instance_id who) : bell_(std::move(bell)), who_(who) {}
  void wake() noexcept override { bell_->wake(who_); }
  bool stop_requested() const noexcept override { return bell_->stop.is_requested(); }
  int stop_descriptor() const noexcept override { return bell_->stop.descriptor(); }

 private:
  std::shared_ptr<doorbell> bell_;
  instance_id who_;
};

class reference_run {
 public:
  reference_run(std::shared_ptr<job_record> job, std::shared_ptr<doorbell> bell)
      : job_(std::move(job)),
        bell_(std::move(bell)),
        coordinator_(job_->plan(), job_->settings(), job_->time(),
                     [this](const std::vector<instance_counters>* at_barrier) {
                       return at_barrier ? audit(job_->plan(), *at_barrier, true)
                                         : audit(job_->plan(), read_counters(*job_));
                     }),
        pool_(batch_pool::make()) {}

  void run() {
    try {
      assemble_all(job_->settings().checkpoints ? job_->settings().checkpoints->restored : nullptr);
    } catch (const error& problem) {
      job_->report(job_state::failed, std::make_shared<error>(problem));
      return;
    } catch (const std::exception& problem) {
      job_->report(job_state::failed, std::make_shared<error>(errc::user_function, problem.what()));
      return;
    }
    coordinator_.begin(orders_);
    carry_out();
    while (!is_final(coordinator_.state())) {
      listen();
      if (runnable_.empty()) continue;
      const instance_id next = runnable_.front();
      runnable_.pop_front();
      queued_[next] = false;
      if (instances_[next]->run(false, effects_)) enqueue(next);
      interpret(next);
      carry_out();
    }
  }

 private:
  void assemble_all(const restored_ptr& restored) {
    instances_.clear();
    for (const graph::planned_instance& one : job_->plan().instances) {
      instances_.push_back(
          assemble(*job_, one.id, pool_, std::make_shared<reference_waker>(bell_, one.id), restored));
    }
  }

  void enqueue(instance_id id) {
    if (!std::exchange(queued_[id], true)) runnable_.push_back(id);
  }

  void listen() {
    const nanoseconds now = job_->time().now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      const timer due = timers_.begin()->second;
      timers_.erase(timers_.begin());
      if (due.who == nobody) {
        coordinator_.on_timer(due.what, due.epoch, orders_);
      } else {
        instances_[due.who]->on_wake();
        enqueue(due.who);
      }
    }
    const nanoseconds until = timers_.empty() ? 0 : timers_.begin()->first;
    bell_->answer(
        runnable_.empty() && orders_.empty(), until, job_->time(),
        [this](instance_id who) {
          instances_[who]->on_wake();
          enqueue(who);
        },
        [this](const job_request& what) { what(coordinator_, orders_); });
    carry_out();
  }

  // The effects of one instance, in order; the vector is reused.
  void interpret(instance_id from) {
    for (std::size_t i = 0; i < effects_.size(); ++i) {
      effect& e = effects_[i];
      switch (e.what) {
        case effect::kind::send: {
          const instance_id to = job_->plan().channels[e.channel].to;
          instances_[to]->on_batch(e.channel, std::move(e.records), e.bytes, e.at, e.watermark);
          enqueue(to);
          break;
        }
        case effect::kind::send_progress: {
          const instance_id to = job_->plan().channels[e.channel].to;
          instances_[to]->on_progress(e.channel, e.watermark, e.idle);
          enqueue(to);
          break;
        }
        case effect::kind::send_end: {
          const instance_id to = job_->plan().channels[e.channel].to;
          instances_[to]->on_end(e.channel);
          enqueue(to);
          break;
        }
        case effect::kind::grant: {
          const instance_id to = job_->plan().channels[e.channel].from;
          effects nested;
          instances_[to]->on_credit(e.channel, e.batches, e.bytes, nested);
          effects_.insert(effects_.end(), std::make_move_iterator(nested.begin()),
                          std::make_move_iterator(nested.end()));
          enqueue(to);
          break;
        }
        case effect::kind::send_barrier: {
          const instance_id to = job_->plan().channels[e.channel].to;
          instances_[to]->on_barrier(e.channel, e.epoch);
          enqueue(to);
          break;
        }
        case effect::kind::snapshot: coordinator_.on_snapshot(from, e.epoch, std::move(e.part), orders_); break;
        case effect::kind::request_split: coordinator_.on_request_split(from, orders_); break;
        case effect::kind::set_timer: timers_.emplace(e.at, timer{from}); break;
        case effect::kind::opened: coordinator_.on_opened(from, orders_); break;
        case effect::kind::finished: coordinator_.on_finished(from, std::move(e.part), orders_); break;
        case effect::kind::closed: coordinator_.on_closed(from, orders_); break;
        case effect::kind::failed: coordinator_.on_failed(from, std::move(e.problem), orders_); break;
      }
    }
    effects_.clear();
  }

  void carry_out() {
    for (std::size_t i = 0; i < orders_.size(); ++i) {
      const order o = orders_[i];
      if (carry_out_for_job(o)) continue;
      switch (o.what) {
        case order::kind::open: instances_[o.instance]->open(effects_); break;
        case order::kind::start: instances_[o.instance]->start(effects_); break;
        case order::kind::give_split: instances_[o.instance]->on_split(o.part); break;
        case order::kind::drain:
          instances_[o.instance]->drain();
          instances_[o.instance]->on_wake();
          break;
        case order::kind::commit: instances_[o.instance]->commit(effects_); break;
        case order::kind::abort: instances_[o.instance]->abort(effects_); break;
        case order::kind::send_barrier: instances_[o.instance]->begin_checkpoint(o.epoch); break;
        case order::kind::commit_checkpoint: instances_[o.instance]->on_checkpoint(o.epoch, effects_); break;
        default: break;
      }
      interpret(o.instance);
      enqueue(o.instance);
    }
    orders_.clear();
  }

  // What is asked for the job as a whole; false for what an instance is to do.
  bool carry_out_for_job(const order& o) {
    switch (o.what) {
      case order::kind::set_timer:
        timers_.emplace(job_->time().now() + o.wait, timer{nobody, o.timer, o.epoch});
        return true;
      case order::kind::report: job_->report(o.state, o.problem); return true;
      case order::kind::note_failure: job_->note_failure(*o.problem); return true;
      case order::kind::note_checkpoint: job_->note_checkpoint(o.news); return true;
      case order::kind::rebuild: rebuild(o.restored); return true;
      default:
        return hand_to_port(o, job_->settings(), [bell = bell_](job_request what) { bell->request(std::move(what)); });
    }
  }
  void rebuild(const restored_ptr& restored) {
    std::erase_if(timers_, [](const auto& one) { return one.second.who != nobody; });
    runnable_.clear();
    queued_.clear();
    try {
      assemble_all(restored);
    } catch (const error& problem) {
      orders_.clear();
      coordinator_.on_rebuild_failed(std::make_shared<error>(problem), orders_);
    }
  }

  static constexpr instance_id nobody = ~instance_id{0};
  struct timer {
    instance_id who = nobody;
    job_timer what = job_timer::stop_deadline;
    std::uint64_t epoch = 0;
  };

  std::shared_ptr<job_record> job_;
  std::shared_ptr<doorbell> bell_;
  coordinator coordinator_;
  ref<batch_pool> pool_;
  std::vector<std::unique_ptr<instance>> instances_;
  std::deque<instance_id> runnable_;
  std::map<instance_id, bool> queued_;
  std::multimap<nanoseconds, timer> timers_;
  effects effects_;
  std::vector<order> orders_;
};

// One job on one thread of its own.
class reference_control final : public job_control {
 public:
  reference_control(std::shared_ptr<job_record> job) : bell_(std::make_shared<doorbell>()) {
    thread_ = std::thread([job = std::move(job), bell = bell_] { reference_run(job, bell).run(); });
  }
  ~reference_control() override {
    cancel();
    thread_.join();
  }
  void cancel() override {
    bell_->stop.request();
    bell_->request([](coordinator& its, std::vector<order>& out) { its.cancel(out); });
  }
  void drain() override {
    bell_->request([](coordinator& its, std::vector<order>& out) { its.drain(out); });
  }
  void suspend() override {
    bell_->request([](coordinator& its, std::vector<order>& out) { its.suspend(out); });
  }

 private:
  std::shared_ptr<doorbell> bell_;
  std::thread thread_;
};

class reference_engine final : public engine {
 public:
  std::shared_ptr<job_control> start(std::shared_ptr<job_record> job) override {
    return std::make_shared<reference_control>(std::move(job));
  }
};

}  // namespace

std::unique_ptr<engine> make_reference_engine() {
  return std::make_unique<reference_engine>();
}

}  // namespace sage::runtime
