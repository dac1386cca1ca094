#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking_port.hpp"

namespace sage::functions {

namespace {

// Shared by the pool and its threads: a thread that is inside a job that never returns outlives the pool.
struct pool_state {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<blocking_job*> waiting;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool closed = false;
};

void work(const std::shared_ptr<pool_state>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    state->changed.wait(lock, [&] { return state->closed || !state->waiting.empty(); });
    --state->idle;
    if (state->waiting.empty()) return;  // closed
    blocking_job* const job = state->waiting.front();
    state->waiting.pop_front();
    lock.unlock();
    job->run();
    lock.lock();
  }
}

class blocking_pool final : public blocking_port {
 public:
  explicit blocking_pool(blocking_limits limits) : limits_(limits), state_(std::make_shared<pool_state>()) {}
  ~blocking_pool() override {
    {
      const std::lock_guard lock(state_->mutex);
      state_->closed = true;
    }
    state_->changed.notify_all();
  }

  void submit(blocking_job& job) override {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= limits_.waiting_max) {
      throw error(errc::limit, std::to_string(limits_.waiting_max) + " calls wait for a thread", "run_blocking",
                  "give the operator less capacity, or the job more blocking threads");
    }
    state_->waiting.push_back(&job);
    if (state_->idle < state_->waiting.size() && state_->threads < limits_.threads_max) {
      std::thread([state = state_] { work(state); }).detach();
      ++state_->threads;
    }
    state_->changed.notify_one();
  }
  bool withdraw(blocking_job& job) noexcept override {
    const std::lock_guard lock(state_->mutex);
    const auto found = std::find(state_->waiting.begin(), state_->waiting.end(), &job);
    if (found == state_->waiting.end()) return false;
    state_->waiting.erase(found);
    return true;
  }

 private:
  blocking_limits limits_;
  std::shared_ptr<pool_state> state_;
};

class inline_blocking final : public blocking_port {
 public:
  void submit(blocking_job& job) override { job.run(); }
  bool withdraw(blocking_job& job) noexcept override {
    static_cast<void>(job);
    return false;
  }
};

}  // namespace

std::shared_ptr<blocking_port> make_blocking_pool(blocking_limits limits) {
  return std::make_shared<blocking_pool>(limits);
}

std::shared_ptr<blocking_port> make_inline_blocking() {
  return std::make_shared<inline_blocking>();
}

}  // namespace sage::functions
