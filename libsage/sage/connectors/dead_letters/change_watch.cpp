#include "sage/connectors/dead_letters/change_watch.hpp"

#include <utility>

namespace sage::letters {

change_watch::change_watch(letter_folder folder, std::chrono::milliseconds poll, std::shared_ptr<waker> whom)
    : folder_(std::move(folder)), poll_(poll), whom_(std::move(whom)), thread_([this] { run(); }) {}

change_watch::~change_watch() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void change_watch::run() {
  std::uint64_t seen = 0;  // whatever was there before is news as well
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, poll_, [this] { return over_; })) {
    lock.unlock();
    const std::uint64_t now = folder_.changes_bytes();
    if (now != seen) whom_->wake();
    seen = now;
    lock.lock();
  }
}

}  // namespace sage::letters
