#include "sage/runtime/job.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace sage {

std::string_view to_string(job_state state) noexcept {
  switch (state) {
    case job_state::opening: return "opening";
    case job_state::running: return "running";
    case job_state::draining: return "draining";
    case job_state::committing: return "committing";
    case job_state::stopping: return "stopping";
    case job_state::restarting: return "restarting";
    case job_state::done: return "done";
    case job_state::failed: return "failed";
    case job_state::cancelled: return "cancelled";
    case job_state::suspended: return "suspended";
  }
  return "unknown";
}

}  // namespace sage

namespace sage::runtime {

job_record::job_record(graph::physical_plan plan, job_settings settings, const clock& time)
    : plan_(std::move(plan)),
      settings_(std::move(settings)),
      time_(time),
      blocking_(functions::make_blocking_pool({.threads_max = settings_.blocking_threads_max})),
      started_at_(time.now()) {
  for (std::size_t i = 0; i < plan_.instances.size(); ++i) slots_.push_back(std::make_shared<metrics_slot>());
  for (const graph::node& n : plan_.graph.nodes) {
    if (n.loop == n.id) loops_.emplace(n.id, std::make_shared<operators::loop_gauge>());
  }
}

job_state job_record::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<const error> job_record::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void job_record::report(job_state state, std::shared_ptr<const error> problem) {
  {
    const std::lock_guard lock(mutex_);
    if (is_final(state_)) return;  // a final state is final, whoever reports late
    state_ = state;
    if (problem) problem_ = std::move(problem);
    if (is_final(state)) ended_at_ = time_.now();
  }
  // Whoever waits for the end may start the next job in the same place.
  if (is_final(state) && settings_.checkpoints) settings_.checkpoints->port.reset();
  changed_.notify_all();
}

job_state job_record::wait(nanoseconds wait_ns) const {
  std::unique_lock lock(mutex_);
  const auto ended = [this] { return is_final(state_); };
  if (wait_ns < 0) {
    changed_.wait(lock, ended);
  } else {
    changed_.wait_for(lock, std::chrono::nanoseconds(wait_ns), ended);
  }
  return state_;
}

void job_record::note_failure(const error& problem) {
  constexpr std::size_t kept = 100;  // the first ones say most
  const std::lock_guard lock(mutex_);
  if (failures_.size() < kept) failures_.push_back(problem);
}

std::vector<error> job_record::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

void job_record::note_checkpoint(const checkpoint_news& news) {
  const std::lock_guard lock(mutex_);
  checkpoints_.add(news);
}

checkpoint_history job_record::checkpoints() const {
  const std::lock_guard lock(mutex_);
  return checkpoints_;
}

nanoseconds job_record::ended_at() const {
  const std::lock_guard lock(mutex_);
  return ended_at_;
}

std::size_t core_count() noexcept {
  const unsigned cores = std::thread::hardware_concurrency();
  return cores == 0 ? 1 : cores;
}

}  // namespace sage::runtime
