#include "sage/agents/journal/journal_writer.hpp"

#include <utility>

namespace sage::agents {

journal_writer::journal_writer(std::unique_ptr<writable_file> file)
    : file_(std::move(file)), thread_([this] { run(); }) {}

journal_writer::~journal_writer() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void journal_writer::append(std::string bytes, std::optional<completion<bool>> done) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes.size();
    if (!problem_) {
      waiting_ += bytes;
      if (done) told_.push_back(*std::move(done));
      done.reset();
    }
  }
  changed_.notify_one();
  // Nobody may be told under the lock: whoever waits may append again.
  if (done) done->fail(*problem_);
}

std::uint64_t journal_writer::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void journal_writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || (!waiting_.empty() && !writes_); });
    if (waiting_.empty()) {
      if (over_) return;
      continue;
    }
    write_group(lock);
  }
}

void journal_writer::write_group(std::unique_lock<std::mutex>& lock) {
  const std::string bytes = std::exchange(waiting_, {});
  const std::vector<completion<bool>> told = std::exchange(told_, {});
  writes_ = true;
  lock.unlock();
  auto done = file_->write(bytes, -1);
  if (done) done = file_->sync();
  std::shared_ptr<const error> problem;
  if (!done) problem = std::make_shared<error>(done.error());
  for (const completion<bool>& one : told) {
    if (problem) {
      one.fail(*problem);
    } else {
      one.set(true);
    }
  }
  lock.lock();
  writes_ = false;
  if (problem) {
    problem_ = problem;
    waiting_.clear();
    const std::vector<completion<bool>> late = std::exchange(told_, {});
    lock.unlock();
    for (const completion<bool>& one : late) one.fail(*problem);
    lock.lock();
  }
  written_.notify_all();
}

void journal_writer::fail(const error& problem) {
  const std::lock_guard lock(mutex_);
  if (!problem_) problem_ = std::make_shared<error>(problem);
}

void journal_writer::replace(const std::function<std::unique_ptr<writable_file>()>& make) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [this] { return (waiting_.empty() && !writes_) || problem_; });
  if (problem_) throw error(*problem_);
  auto next = make();
  static_cast<void>(file_->close());  // all of it is on the disk, and none of it counts any more
  file_ = std::move(next);
  bytes_ = 0;
}

}  // namespace sage::agents
