// The engine that runs a whole job on one thread, one instance after the other, without actors: the same cores, the
// simplest shell. What it computes is what every other engine has to compute.
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "sage/runtime/stepped_run.hpp"
#include "sage/runtime/stop_signal.hpp"

namespace sage::runtime {

namespace {

using job_request = stepped_run::event;

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
        run_(
            job_, [bell = bell_](instance_id who) { return std::make_shared<reference_waker>(bell, who); },
            [bell = bell_](job_request what) { bell->request(std::move(what)); }) {}

  void run() {
    try {
      const auto& checkpoints = job_->settings().checkpoints;
      run_.begin(checkpoints ? checkpoints->restored : nullptr);
    } catch (const error& problem) {
      job_->report(job_state::failed, std::make_shared<error>(problem));
      return;
    } catch (const std::exception& problem) {
      job_->report(job_state::failed, std::make_shared<error>(errc::user_function, problem.what()));
      return;
    }
    while (!run_.is_over()) {
      listen();
      if (run_.runnable() > 0) run_.run(0);
    }
  }

 private:
  void listen() {
    run_.fire_timers(job_->time().now());
    bell_->answer(
        run_.runnable() == 0 && !run_.is_over(), run_.next_timer().value_or(0), job_->time(),
        [this](instance_id who) { run_.wake(who); }, [this](const job_request& what) { run_.handle(what); });
  }

  std::shared_ptr<job_record> job_;
  std::shared_ptr<doorbell> bell_;
  stepped_run run_;
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
