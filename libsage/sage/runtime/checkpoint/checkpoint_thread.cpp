// Checkpoints are written by a thread of their own, so that no instance waits for the disk.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "sage/runtime/checkpoint/checkpoint_port.hpp"
#include "sage/runtime/checkpoint/checkpoint_store.hpp"

namespace sage::runtime {

namespace {

class inline_checkpoints final : public checkpoint_port {
 public:
  inline_checkpoints(std::unique_ptr<checkpoint_store> store, std::size_t kept)
      : store_(std::move(store)), kept_(kept) {}

  void begin(std::uint64_t epoch, std::function<void(result<void>)> done) override { done(store_->begin(epoch)); }
  void write(std::uint64_t epoch, std::uint32_t instance, snapshot_ptr what,
             std::function<void(result<manifest_file>)> done) override {
    done(store_->write_snapshot(epoch, instance, what->blocks));
  }
  void complete(manifest content, std::function<void(result<void>)> done) override {
    const auto completed = store_->complete(content);
    done(completed);
    // What can't be removed now can be next time; the checkpoint is good all the same.
    if (completed) static_cast<void>(store_->prune(kept_));
  }
  void discard(std::uint64_t epoch) override { static_cast<void>(store_->remove(epoch)); }
  void load(std::function<void(result<restored_ptr>)> done) override {
    try {
      std::vector<error> passed_over;
      done(find_checkpoint(*store_, std::nullopt, passed_over));
    } catch (const error& problem) {
      done(problem);
    }
  }

 private:
  std::unique_ptr<checkpoint_store> store_;
  std::size_t kept_;
};

class checkpoint_thread final : public checkpoint_port {
 public:
  checkpoint_thread(std::unique_ptr<checkpoint_store> store, std::size_t kept)
      : worker_(std::move(store), kept), thread_([this] { run(); }) {}
  ~checkpoint_thread() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void begin(std::uint64_t epoch, std::function<void(result<void>)> done) override {
    add([this, epoch, done = std::move(done)] { worker_.begin(epoch, done); });
  }
  void write(std::uint64_t epoch, std::uint32_t instance, snapshot_ptr what,
             std::function<void(result<manifest_file>)> done) override {
    add([this, epoch, instance, what = std::move(what), done = std::move(done)] {
      worker_.write(epoch, instance, what, done);
    });
  }
  void complete(manifest content, std::function<void(result<void>)> done) override {
    add([this, content = std::move(content), done = std::move(done)] { worker_.complete(content, done); });
  }
  void discard(std::uint64_t epoch) override {
    add([this, epoch] { worker_.discard(epoch); });
  }
  void load(std::function<void(result<restored_ptr>)> done) override {
    add([this, done = std::move(done)] { worker_.load(done); });
  }

 private:
  void add(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return over_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  inline_checkpoints worker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::shared_ptr<checkpoint_port> make_checkpoint_thread(std::unique_ptr<checkpoint_store> store, std::size_t kept) {
  return std::make_shared<checkpoint_thread>(std::move(store), kept);
}

std::shared_ptr<checkpoint_port> make_inline_checkpoints(std::unique_ptr<checkpoint_store> store, std::size_t kept) {
  return std::make_shared<inline_checkpoints>(std::move(store), kept);
}

}  // namespace sage::runtime
