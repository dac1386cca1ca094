#include "sage/operators/async_core.hpp"

#include <utility>

namespace sage::operators {

using stage = async_call::stage;

void async_call::on_task_end() noexcept {
  core_.on_call_end(*this);
}

void item_watch::on_event() noexcept {
  call_.on_item_event();
}

void async_call::on_item_event() noexcept {
  core_.on_item_event(*this);
}

void async_call::on_emission() noexcept {
  has_emitted = true;
  if (std::exchange(in_emitting_queue, true)) return;
  core_.emitting.push_back(this);
}

void async_call::on_event() noexcept {
  core_.on_call_timer(*this);
}

/// Rings the loop's inbox, from whatever thread stops an item.
class async_core::stop_bell final : public stop_listener {
 public:
  explicit stop_bell(std::shared_ptr<functions::task_inbox> inbox) noexcept : inbox_(std::move(inbox)) {}
  void on_stop(std::uint64_t token) noexcept override {
    inbox_->ring({static_cast<std::uint32_t>(token >> 32), static_cast<std::uint32_t>(token)});
  }

 private:
  std::shared_ptr<functions::task_inbox> inbox_;
};

namespace {

std::uint64_t token_of(functions::wake_ticket ticket) noexcept {
  return std::uint64_t{ticket.place} << 32 | ticket.generation;
}

}  // namespace

async_core::async_core(const clock& time, const context& self)
    : loop_(time, self.engine(), self.blocking()), bell_(std::make_shared<stop_bell>(loop_.inbox())) {}

void async_core::watch(async_call& call) {
  item_scope& item = *call.item;
  if (item.deadline() != 0) {
    if (item.deadline() <= loop_.time().now()) item.stop(stop_reason::deadline);
    loop_.set_timer(call.watch.timer, item.deadline());
  }
  call.watch.ticket = loop_.expect(call.watch);
  call.watch.is_subscribed = item.subscribe(bell_, token_of(call.watch.ticket));
  if (!call.watch.is_subscribed) unwatch(call);
}

void async_core::unwatch(async_call& call) noexcept {
  if (!call.item) return;
  call.watch.timer.cancel();
  if (std::exchange(call.watch.is_subscribed, false)) {
    call.item->unsubscribe(*bell_, token_of(call.watch.ticket));
  }
  loop_.forget(call.watch.ticket);
}

void async_core::on_item_event(async_call& call) noexcept {
  item_scope& item = *call.item;
  if (item.deadline() != 0 && item.deadline() <= loop_.time().now()) item.stop(stop_reason::deadline);
  if (item.is_stopped()) on_call_end(call);
}

void async_core::on_call_end(async_call& call) {
  if (call.at != stage::waiting && call.at != stage::running && call.at != stage::backing_off) return;
  if (std::exchange(call.in_ended_queue, true)) return;
  ended.push_back(&call);
}

void async_core::on_call_timer(async_call& call) noexcept {
  call.timed_out = call.at == stage::running;
  on_call_end(call);
}

async_call& async_core::take_free() {
  if (free_.empty()) {
    calls_.push_back(make_call());
    free_.reserve(calls_.capacity());
    return *calls_.back();
  }
  async_call& call = *free_.back();
  free_.pop_back();
  return call;
}

void async_core::stop_calls() noexcept {
  for (const auto& call : calls_) {
    if (!call->scope) continue;
    call->timer.cancel();
    call->scope->retire();
    if (call->scope->is_pinned()) loop_.abandon(*call->scope);
    if (!call->scope->is_pinned()) call->destroy_task();
  }
}

void async_core::destroy_calls() noexcept {
  for (const auto& call : calls_) {
    call->destroy_task();
    call->timer.cancel();
    unwatch(*call);
    call->span.reset();
    call->clear();
  }
  calls_.clear();
}

std::string text_of_problem(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& thrown) {
    return thrown.what();
  } catch (...) {
    return "an exception that isn't a std::exception";
  }
}

}  // namespace sage::operators
