/// The engine's ear as an actor has it: wakes by message, stops by signal.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/messages.hpp"
#include "sage/functions/context.hpp"
#include "sage/runtime/stop_signal.hpp"

namespace sage::actors {

/// The two stops of a job: sources stop reading on drain and on cancel, everything else on cancel only.
struct job_signals {
  runtime::stop_signal reading;
  runtime::stop_signal everything;
};

/// May outlive its actor: it holds only the address.
class actor_waker final : public waker {
 public:
  actor_waker(std::shared_ptr<job_signals> signals, bool is_source)
      : signals_(std::move(signals)), is_source_(is_source) {}

  /// Tells it whom to wake. Called once, before the instance is opened.
  void attach(const caf::actor& target) {
    const std::lock_guard lock(mutex_);
    target_ = caf::actor_cast<caf::actor_addr>(target);
  }
  void wake() noexcept override {
    caf::actor target;
    {
      const std::lock_guard lock(mutex_);
      target = caf::actor_cast<caf::actor>(target_);
    }
    // Control overtakes data: a stop must not wait behind batches.
    if (target) caf::anon_send<caf::message_priority::high>(target, wake_up{});
  }
  bool stop_requested() const noexcept override { return signal().is_requested(); }
  int stop_descriptor() const noexcept override { return signal().descriptor(); }

 private:
  [[nodiscard]] const runtime::stop_signal& signal() const noexcept {
    return is_source_ ? signals_->reading : signals_->everything;
  }

  std::shared_ptr<job_signals> signals_;
  bool is_source_;
  std::mutex mutex_;
  caf::actor_addr target_;
};

}  // namespace sage::actors
