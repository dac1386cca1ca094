#include "actors/instance_actor.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sage::actors {

namespace {

// Enough to hide the cost of being scheduled, few enough that a neighbour waits for well under 10 ms: each message
// works for at most flow_settings::activation_time_max.
constexpr std::size_t messages_per_activation_max = 16;

}  // namespace

instance_actor::instance_actor(caf::actor_config& config, std::shared_ptr<runtime::job_record> job,
                               std::unique_ptr<runtime::instance> core, caf::actor supervisor)
    : caf::event_based_actor(config),
      job_(std::move(job)),
      core_(std::move(core)),
      supervisor_(std::move(supervisor)) {}

caf::resumable::resume_result instance_actor::resume(caf::execution_unit* unit, std::size_t max_throughput) {
  continues_ = false;
  return caf::event_based_actor::resume(unit, std::min(max_throughput, messages_per_activation_max));
}

void instance_actor::on_exit() {
  peers_.reset();  // instances know each other: without this they would keep each other alive
  supervisor_ = nullptr;
}

caf::behavior instance_actor::make_behavior() {
  // Only the supervisor stops an instance; an exit message of anybody else is none of its business.
  set_exit_handler([this](caf::exit_msg& message) {
    if (message.source == supervisor_.address()) quit(std::move(message.reason));
  });
  return {
      [this](envelope& e) {
        core_->on_batch(e.channel, std::move(e.records), e.bytes, e.sent_at, e.watermark);
        work();
      },
      [this](const progress& p) {
        core_->on_progress(p.channel, p.watermark, p.idle);
        work();
      },
      [this](const barrier& b) {
        core_->on_barrier(b.channel, b.epoch);
        work();
      },
      [this](const credit& c) {
        core_->on_credit(c.channel, c.batches, c.bytes, effects_);
        work();
      },
      [this](const end_of_stream& e) {
        core_->on_end(e.channel);
        work();
      },
      [this](run_again) {
        run_scheduled_ = false;
        work();
      },
      [this](wake_up) {
        core_->on_wake();
        work();
      },
      [this](command& c) { on_command(c); },
      [this](wiring& w) { peers_ = std::move(w.instances); },
  };
}

void instance_actor::on_command(command& what) {
  switch (what.what) {
    case command::kind::open: core_->open(effects_); break;
    case command::kind::start: core_->start(effects_); break;
    case command::kind::give_split: core_->on_split(std::move(what.part)); break;
    case command::kind::drain:
      core_->drain();
      core_->on_wake();
      break;
    case command::kind::run_out:
      core_->run_out();
      core_->on_wake();
      break;
    case command::kind::commit: core_->commit(effects_); break;
    case command::kind::abort: core_->abort(effects_); break;
    case command::kind::send_barrier: core_->begin_checkpoint(what.epoch); break;
    case command::kind::commit_checkpoint: core_->on_checkpoint(what.epoch, effects_); break;
  }
  work();
}

void instance_actor::work() {
  // A scheduled run_again will come: until then only bookkeeping is done, so that one activation stays bounded
  // however many messages are waiting.
  const bool more = !run_scheduled_ && core_->run(!mailbox().empty(), effects_, std::exchange(continues_, true));
  carry_out();
  if (more && !core_->is_over()) {
    run_scheduled_ = true;
    send(this, run_again{});
  }
}

const caf::actor& instance_actor::receiver_of(runtime::channel_id channel) const {
  return (*peers_)[job_->plan().channels[channel].to];
}

const caf::actor& instance_actor::sender_of(runtime::channel_id channel) const {
  return (*peers_)[job_->plan().channels[channel].from];
}

void instance_actor::carry_out() {
  using runtime::effect;
  for (effect& e : effects_) {
    switch (e.what) {
      case effect::kind::send:
        send(receiver_of(e.channel), envelope{e.channel, e.bytes, e.at, std::move(e.records), e.watermark});
        break;
      case effect::kind::send_progress: send(receiver_of(e.channel), progress{e.channel, e.watermark, e.idle}); break;
      case effect::kind::send_end: send(receiver_of(e.channel), end_of_stream{e.channel}); break;
      case effect::kind::send_barrier: send(receiver_of(e.channel), barrier{e.channel, e.epoch}); break;
      case effect::kind::snapshot:
        send(supervisor_, report{report::kind::snapshot, core_->id(), e.epoch, std::move(e.part)});
        break;
      case effect::kind::grant: send(sender_of(e.channel), credit{e.channel, e.batches, e.bytes}); break;
      case effect::kind::request_split:
        send(supervisor_, report{report::kind::request_split, core_->id(), 0, {}});
        break;
      case effect::kind::set_timer: {
        const nanoseconds wait = std::max<nanoseconds>(e.at - job_->time().now(), 0);
        delayed_send(this, std::chrono::nanoseconds(wait), wake_up{});
        break;
      }
      case effect::kind::opened: send(supervisor_, report{report::kind::opened, core_->id(), 0, {}}); break;
      case effect::kind::finished:
        send(supervisor_, report{report::kind::finished, core_->id(), 0, std::move(e.part)});
        break;
      case effect::kind::closed: finish(nullptr); break;
      case effect::kind::failed: finish(std::move(e.problem)); break;
    }
  }
  effects_.clear();
}

void instance_actor::finish(std::shared_ptr<const error> problem) {
  send(supervisor_, closing{core_->id(), std::move(problem)});
  quit();
}

}  // namespace sage::actors
