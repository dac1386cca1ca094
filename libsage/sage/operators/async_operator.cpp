#include "sage/operators/async_operator.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage::operators {

using stage = async_call::stage;

namespace {

// Coroutines resumed between two looks at the clock: enough to hide the look, few enough that a turn stays a turn
// when each of them takes its time.
constexpr std::size_t resumptions_per_look = 32;

}  // namespace

async_operator::async_operator(async_options bounds, error_policy policy)
    : policy_(policy), bounds_(bounds), timeout_(functions::to_nanoseconds(bounds.timeout)) {
  if (policy_.retries_max == 0 && bounds.retry.retries_max > 0) {
    const error_policy::action then = policy_.then;
    policy_ = bounds.retry;
    if (then != error_policy::action::fail) policy_.then = then;
  }
}

void async_operator::open(context& self) {
  self_ = &self;
  core_ = make_core(self);
  core_->loop().set_keeper(core_);
  open_function(self);
}

flow async_operator::on_batch(batch_ref records, output& out) {
  input_ = std::move(records);
  cursor_ = 0;
  return drive(out);
}

flow async_operator::on_end(output& out) {
  finishing_ = true;
  return drive(out);
}

void async_operator::attend() {
  core_->loop().attend();
  sweep_pinned();
}

bool async_operator::has_news() const noexcept {
  return core_ && (recovered_ || core_->loop().has_news() || core_->loop().has_ready() || !core_->ended.empty() ||
                   !core_->emitting.empty());
}

std::optional<nanoseconds> async_operator::wake_at() const noexcept {
  return core_ ? core_->loop().next_timer() : std::nullopt;
}

flow async_operator::drive(output& out) {
  yielded_ = false;
  if (recovered_ && !input_) {
    input_ = std::exchange(recovered_, batch_ref{});
    cursor_ = 0;
  }
  functions::task_loop& loop = core_->loop();
  const nanoseconds begun = self_->time().now();
  bool has_room = true;
  for (;;) {
    attend();
    settle_ended();
    has_room = emit_results(out);
    if (!has_room) break;
    const bool admitted = admit();
    if (!loop.has_ready() && core_->ended.empty() && core_->emitting.empty() && !admitted) break;
    loop.run(resumptions_per_look);
    if (self_->time().now() - begun < self_->turn_max()) continue;
    settle_ended();
    has_room = emit_results(out);
    // Whoever has just ended may have made room for one that waits, and nobody else would start it.
    const bool may_start = running_ < bounds_.capacity && (input_ || !startable_.empty());
    yielded_ = has_room && (loop.has_ready() || !core_->ended.empty() || !core_->emitting.empty() || may_start);
    break;
  }
  if (!emit_made(out)) has_room = false;
  // The gate takes them in any case.
  if (dead_) out.emit(dead_letter_port, std::exchange(dead_, batch_ref{}));
  const bool taken = !input_ && has_room && !yielded_;
  return taken && (!finishing_ || is_over()) ? flow::done : flow::suspended;
}

// Takes in what fits; returns whether anything was started.
bool async_operator::admit() {
  bool started = false;
  while (running_ < bounds_.capacity && !startable_.empty()) {
    start(*startable_.pop_front().first);
    started = true;
  }
  if (!input_) return started;
  const bool consume = input_->unique() && !policy_.keeps_record();
  const bool by_key = bounds_.order == result_order::ordered_by_key;
  const std::size_t size = input_->size();
  for (; cursor_ < size; ++cursor_) {
    if (by_key) {
      if (running_ >= bounds_.capacity && held_ - running_ >= bounds_.waiting_max) return started;
    } else if (running_ >= bounds_.capacity || held_ >= bounds_.capacity + bounds_.waiting_max) {
      return started;
    }
    call_queue* key = nullptr;
    if (by_key) {
      key = &queue_of(cursor_);
      const bool must_wait = key->first != nullptr;
      if (must_wait && (key->waiting >= bounds_.waiting_per_key_max || held_ - running_ >= bounds_.waiting_max)) {
        return started;
      }
    }
    async_call& call = core_->take_free();
    call.at = stage::waiting;
    call.attempts = 0;
    ++held_;
    load(call, cursor_, consume);
    take_columns(call, consume);
    if (bounds_.order == result_order::ordered) in_order_.push_back(&call);
    if (key) {
      key->push_back(call);
      const bool must_wait = key->first != &call || running_ >= bounds_.capacity;
      if (must_wait) {
        if (key->first == &call) startable_.push_back(*key);
        if (call.item && call.item->is_stopped()) core_->on_call_end(call);
        continue;
      }
    }
    start(call);
    started = true;
  }
  input_.reset();
  return started;
}

void async_operator::take_columns(async_call& call, bool consume) {
  call.epoch = first_epoch_ + epochs_.size() - 1;
  ++epochs_.back().held;
  call.time = input_->times() ? input_->times()[cursor_] : no_event_time;
  call.lap = input_->laps() ? input_->laps()[cursor_] : loop_mark{};
  call.self.set_timestamp(call.time);
  call.self.set_iteration(call.lap.iterations);
  ref<item_scope>* const items = input_->items();
  call.has_emitted = false;
  if (!items || !items[cursor_]) return;
  call.item = consume ? std::move(items[cursor_]) : items[cursor_];
  call.self.set_item(call.item.get());
  core_->watch(call);
}

void async_operator::begin_span(async_call& call) {
  call.self.set_span(0);
  call.span.reset();
  if (!call.item || !self_->spans()) return;
  call.span.emplace(&call.self, self_->operator_name(), span_kind::internal);
  call.span->add("sage.operator.instance", static_cast<std::int64_t>(self_->instance()));
  call.self.set_span(call.span->id());
}

void async_operator::start(async_call& call) {
  if (call.item && call.item->is_stopped()) {
    if (call.in_ended_queue) return;    // will be settled
    if (call.attempts > 0) --running_;  // stopped by another thread, as its next attempt was to begin
    give_up_gone(call);
    return;
  }
  call.at = stage::running;
  call.timed_out = false;
  ++call.attempts;
  if (call.attempts == 1) ++running_;
  begin_span(call);
  call.scope.emplace(core_->loop(), &call.self);
  if (timeout_ > 0) core_->loop().set_timer(call.timer, self_->time().now() + timeout_);
  try {
    call.start();
  } catch (...) {
    // A function that throws before it returns its task: treated as if the task had.
    call.timer.cancel();
    call.start_problem = std::current_exception();
    core_->on_call_end(call);
  }
}

void async_operator::settle_ended() {
  while (!core_->ended.empty()) {
    async_call& call = *core_->ended.pop_front();
    call.in_ended_queue = false;
    settle(call);
  }
}

void async_operator::settle(async_call& call) {
  if (call.item && call.item->is_stopped() && !(call.scope && call.is_done())) {
    call.timer.cancel();
    if (call.at != stage::waiting) --running_;
    retire(call);
    give_up_gone(call);
    return;
  }
  if (call.at == stage::backing_off) {
    // The next attempt uses the same record, which blocking code of the last one may still look at.
    if (call.scope) {
      set_aside(call);
    } else {
      start(call);
    }
    return;
  }
  call.timer.cancel();
  const bool late = call.timed_out && !call.start_problem && !call.is_done();
  std::exception_ptr problem = std::exchange(call.start_problem, nullptr);
  if (late) {
    problem = std::make_exception_ptr(
        error(errc::timeout, "no result within " + std::to_string(timeout_ / 1'000'000) + " ms", self_->place()));
  } else if (!problem) {
    problem = call.problem();
  }
  if (call.span) call.span->end(problem ? text_of_problem(problem) : std::string());
  if (problem) {
    retire(call);
    on_problem(call, problem);
    return;
  }
  ++fate_.passed;
  call.at = stage::ended;
  --running_;
  if (bounds_.order != result_order::ordered) results_.push_back(&call);
  leave_key(call);
}

void async_operator::on_problem(async_call& call, const std::exception_ptr& problem) {
  if (call.attempts <= policy_.retries_max) {
    call.at = stage::backing_off;
    core_->loop().set_timer(call.timer, self_->time().now() + policy_.backoff(call.attempts));
    return;
  }
  give_up(call, problem);
}

// Decides the fate of a record whose attempts are used up.
void async_operator::give_up(async_call& call, const std::exception_ptr& problem) {
  const auto end_item = [&](item_end_reason why) {
    if (call.item) call.item->note_end(why, self_->operator_name(), text_of_problem(problem), failure_of(problem));
  };
  switch (policy_.then) {
    case error_policy::action::fail: end_item(item_end_reason::failed); std::rethrow_exception(problem);
    case error_policy::action::drop:
      end_item(item_end_reason::dropped);
      ++fate_.dropped;
      break;
    case error_policy::action::dead_letter:
      end_item(item_end_reason::dead_lettered);
      add_dead_letter(call, problem);
      ++fate_.dead;
      break;
  }
  --running_;
  leave_key(call);
  finish_call(call);
}

// Nobody wants the record any more: whoever asked was told, or is gone.
void async_operator::give_up_gone(async_call& call) {
  call.item->note_end(item_end_reason::gone, self_->operator_name(),
                      std::string(to_string(call.item->why_stopped())));
  ++fate_.gone;
  leave_key(call);
  finish_call(call);
}

// The call has no result: it leaves, or stays as a gap in the order.
void async_operator::finish_call(async_call& call) {
  if (bounds_.order == result_order::ordered) {
    call.at = stage::given_up;
  } else {
    release(call);
  }
}

// The call is over for its key: whoever is first then may start.
void async_operator::leave_key(async_call& call) {
  call_queue* const key = call.key;
  if (!key) return;
  const bool was_first = key->first == &call;
  key->erase(call);
  if (key->first) {
    if (was_first) startable_.push_back(*key);
    return;
  }
  startable_.erase(*key);
  drop_queue(*key);
}

// Ends an attempt: its task goes now, or is set aside while blocking code runs for it.
void async_operator::retire(async_call& call) noexcept {
  if (!call.scope) return;
  call.scope->retire();
  if (call.scope->is_pinned()) core_->loop().abandon(*call.scope);
  if (call.scope->is_pinned()) return;
  call.destroy_task();
  call.scope.reset();
}

// The time of a watermark has come behind the operator when all records before it have left.
flow async_operator::on_watermark(event_time time, output& out) {
  static_cast<void>(out);
  if (epochs_.back().held == 0 && epochs_.size() > 1) {
    epochs_[epochs_.size() - 2].until = time;  // nothing has come since the last one
  } else {
    epochs_.back().until = time;
    epochs_.emplace_back();
  }
  settle_watermark();
  return flow::done;
}

void async_operator::settle_watermark() noexcept {
  while (epochs_.size() > 1 && epochs_.front().held == 0) {
    watermark_ = epochs_.front().until;
    epochs_.pop_front();
    ++first_epoch_;
  }
}

void async_operator::let_go(const async_call& call) noexcept {
  --held_;
  --epochs_[call.epoch - first_epoch_].held;
  settle_watermark();
}

void async_operator::release(async_call& call) noexcept {
  let_go(call);
  call.timer.cancel();
  retire(call);
  if (call.scope) {
    // Its fate is known, so whoever asked isn't kept waiting for its frames.
    core_->unwatch(call);
    call.span.reset();
    call.self.set_item(nullptr);
    call.item.reset();
    call.at = stage::leaving;
    set_aside(call);
    return;
  }
  free(call);
}

void async_operator::free(async_call& call) noexcept {
  core_->unwatch(call);
  call.span.reset();
  call.clear();
  call.item.reset();
  call.self.set_item(nullptr);
  call.blocks.clear();
  call.at = stage::free;
  core_->give_back(call);
}

// Until its frames may go. A call that waits there for its next attempt may be given up meanwhile.
void async_operator::set_aside(async_call& call) {
  if (!std::exchange(call.in_pinned, true)) pinned_.push_back(&call);
}

void async_operator::sweep_pinned() {
  if (pinned_.empty()) return;
  std::erase_if(pinned_, [this](async_call* call) {
    if (call->scope->is_pinned()) return false;
    call->destroy_task();
    call->scope.reset();
    call->in_pinned = false;
    if (call->at == stage::leaving) {
      free(*call);
    } else {
      core_->on_call_end(*call);
    }
    return true;
  });
}

void async_operator::close() {
  // Nothing runs on behalf of a job that is over: models are hung up on, tools called off.
  input_.reset();
  if (!core_) return;
  core_->stop_calls();
  close_function();
  core_.reset();
}

}  // namespace sage::operators
