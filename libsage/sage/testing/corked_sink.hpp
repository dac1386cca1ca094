/// A sink that takes nothing until it is uncorked: backpressure to look at, without sleeping.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/operators/item_ends.hpp"
#include "sage/operators/operator.hpp"

namespace sage::testing {

/// A sink descriptor and its remote control in one: a light handle whose copies share the cork. Starts corked. While
/// it is corked an instance holds one batch and is suspended, which blocks no thread; everything before it fills up
/// to its credit and stops. Any thread may uncork.
template <class T>
class corked_sink {
 public:
  corked_sink() : cork_(std::make_shared<cork>()) {}

  /// Lets everything through, from the held batch on.
  void uncork() { cork_->set(false); }
  /// Stops taking batches again, from the next one on.
  void recork() { cork_->set(true); }

  /// Copies of the records taken so far; those of one instance are in order.
  [[nodiscard]] std::vector<T> records() const requires std::copy_constructible<T> {
    const std::lock_guard lock(cork_->mutex);
    return cork_->records;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(cork_->mutex);
    return cork_->records.size();
  }
  /// How many instances hold a batch back right now.
  [[nodiscard]] std::size_t holding() const {
    const std::lock_guard lock(cork_->mutex);
    return cork_->holding;
  }
  /// Blocks the calling thread (a test's, never an operator's) until `instances` hold a batch back. Throws
  /// errc::timeout when that takes longer than `patience`.
  void wait_until_holding(std::size_t instances = 1, std::chrono::seconds patience = std::chrono::seconds(60)) const {
    std::unique_lock lock(cork_->mutex);
    if (cork_->changed.wait_for(lock, patience, [&] { return cork_->holding >= instances; })) return;
    throw error(errc::timeout, "no batch has come as far as the cork", "corked_sink");
  }

  static const char* kind() { return "corked"; }
  template <std::same_as<T> U>
  [[nodiscard]] operators::operator_ptr make_operator() const {
    return std::make_unique<taker>(cork_);
  }

 private:
  struct cork {
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    bool in = true;
    std::size_t holding = 0;
    std::vector<T> records;
    std::vector<std::shared_ptr<waker>> engines;

    void set(bool corked) {
      std::vector<std::shared_ptr<waker>> wake;
      {
        const std::lock_guard lock(mutex);
        in = corked;
        if (!corked) wake = engines;
      }
      for (const auto& engine : wake) engine->wake();
    }
  };

  class taker final : public operators::operator_base {
   public:
    explicit taker(std::shared_ptr<cork> shared) : cork_(std::move(shared)) {}
    void open(context& self) override {
      self_ = &self;
      engine_ = self.engine();
      if (!engine_) return;
      const std::lock_guard lock(cork_->mutex);
      cork_->engines.push_back(engine_);
    }
    operators::flow on_batch(batch_ref records, operators::output& out) override {
      held_ = std::move(records);
      return resume(out);
    }
    operators::flow resume(operators::output& out) override {
      static_cast<void>(out);
      if (!held_) return operators::flow::done;
      const std::lock_guard lock(cork_->mutex);
      hold(cork_->in);
      if (cork_->in) return operators::flow::suspended;
      take(static_cast<batch<T>&>(*held_));
      fate_.passed += held_->size();
      operators::end_items(*held_, 0, held_->size(), item_end_reason::sunk, *self_);
      held_.reset();
      return operators::flow::done;
    }
    void abort() noexcept override { held_.reset(); }
    void close() override {
      const std::lock_guard lock(cork_->mutex);
      hold(false);
      std::erase(cork_->engines, engine_);
    }

   private:
    // With the lock held.
    void hold(bool wanted) {
      if (holding_ == wanted) return;
      holding_ = wanted;
      cork_->holding += wanted ? 1 : static_cast<std::size_t>(-1);
      cork_->changed.notify_all();
    }
    void take(batch<T>& records) {
      const bool consume = records.unique();
      for (T& record : records) {
        if constexpr (std::copy_constructible<T>) {
          if (!consume) {
            cork_->records.push_back(std::as_const(record));
            continue;
          }
        }
        cork_->records.push_back(std::move(record));
      }
    }

    std::shared_ptr<cork> cork_;
    context* self_ = nullptr;
    std::shared_ptr<waker> engine_;
    batch_ref held_;
    bool holding_ = false;
  };

  std::shared_ptr<cork> cork_;
};

}  // namespace sage::testing
