#include "actors/supervisor.hpp"

#include <chrono>
#include <utility>

#include "actors/actor_engine.hpp"
#include "actors/instance_actor.hpp"
#include "sage/runtime/assembly.hpp"
#include "sage/runtime/ledger.hpp"

namespace sage::actors {

using runtime::order;

supervisor::supervisor(caf::actor_config& config, std::shared_ptr<runtime::job_record> job,
                       std::shared_ptr<job_signals> signals, std::vector<assembled_instance> instances,
                       std::shared_ptr<std::atomic<bool>> left_behind)
    : caf::event_based_actor(config),
      job_(std::move(job)),
      signals_(std::move(signals)),
      assembled_(std::move(instances)),
      coordinator_(job_->plan(), [this] { return runtime::audit(job_->plan(), runtime::read_counters(*job_)); }),
      instances_(std::make_shared<std::vector<caf::actor>>()),
      left_behind_(std::move(left_behind)) {}

caf::behavior supervisor::make_behavior() {
  set_down_handler([this](const caf::down_msg& message) { on_down(message); });
  set_exit_handler([this](const caf::exit_msg& message) {
    // The host's system goes down, or somebody linked to the job wants it gone.
    static_cast<void>(message);
    signals_->reading.request();
    signals_->everything.request();
    coordinator_.cancel(orders_);
    carry_out();
  });
  spawn_instances();
  coordinator_.begin(orders_);
  carry_out();
  return {
      [this](const report& r) {
        switch (r.what) {
          case report::kind::opened: coordinator_.on_opened(r.who, orders_); break;
          case report::kind::request_split: coordinator_.on_request_split(r.who, orders_); break;
          case report::kind::finished: coordinator_.on_finished(r.who, orders_); break;
        }
        carry_out();
      },
      [this](closing& c) { last_words_[c.who] = std::move(c.problem); },
      [this](cancel_job) {
        coordinator_.cancel(orders_);
        carry_out();
      },
      [this](drain_job) {
        coordinator_.drain(orders_);
        carry_out();
      },
      [this](stop_deadline) {
        coordinator_.on_deadline(orders_);
        carry_out();
      },
  };
}

void supervisor::spawn_instances() {
  self_ = caf::actor(this);
  for (assembled_instance& one : assembled_) {
    const runtime::instance_id id = one.core->id();
    const caf::actor spawned =
        one.blocking ? home_system().spawn<instance_actor, caf::detached>(job_, std::move(one.core), self_)
                     : home_system().spawn<instance_actor>(job_, std::move(one.core), self_);
    one.ear->attach(spawned);
    monitor(spawned);
    alive_.emplace(spawned.address(), id);
    instances_->push_back(spawned);
  }
  assembled_.clear();
  // Urgent like the commands, which would overtake it: nobody may start before it knows its peers.
  for (const caf::actor& one : *instances_) send<caf::message_priority::high>(one, wiring{instances_});
}

void supervisor::command_instance(runtime::instance_id who, command what) {
  // Control overtakes data.
  send<caf::message_priority::high>((*instances_)[who], std::move(what));
}

void supervisor::carry_out() {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const order o = orders_[i];
    switch (o.what) {
      case order::kind::open: command_instance(o.instance, command{command::kind::open, {}}); break;
      case order::kind::start: command_instance(o.instance, command{command::kind::start, {}}); break;
      case order::kind::give_split: command_instance(o.instance, command{command::kind::give_split, o.part}); break;
      case order::kind::drain:
        signals_->reading.request();
        command_instance(o.instance, command{command::kind::drain, {}});
        break;
      case order::kind::commit: command_instance(o.instance, command{command::kind::commit, {}}); break;
      case order::kind::abort:
        signals_->reading.request();
        signals_->everything.request();
        command_instance(o.instance, command{command::kind::abort, {}});
        break;
      case order::kind::set_deadline:
        delayed_send(this, std::chrono::nanoseconds(job_->settings().stop_deadline), stop_deadline{});
        break;
      case order::kind::report:
        if (is_final(o.state)) {
          orders_.clear();
          end(o);
          return;
        }
        job_->report(o.state, o.problem);
        break;
    }
  }
  orders_.clear();
}

void supervisor::on_down(const caf::down_msg& message) {
  const auto found = alive_.find(message.source);
  if (found == alive_.end()) return;
  const runtime::instance_id who = found->second;
  alive_.erase(found);
  const auto words = last_words_.find(who);
  if (words != last_words_.end() && !words->second) {
    coordinator_.on_closed(who, orders_);
  } else if (words != last_words_.end()) {
    coordinator_.on_failed(who, words->second, orders_);
  } else {
    coordinator_.on_failed(
        who,
        std::make_shared<error>(errc::internal, "its actor ended unexpectedly: " + to_string(message.reason),
                                job_->plan().instances[who].name),
        orders_);
  }
  carry_out();
}

void supervisor::end(const order& last) {
  if (!alive_.empty()) left_behind_->store(true);
  // After the deadline somebody may still be inside a function that never returns: told to go as soon as it does.
  for (const auto& [address, id] : alive_) send_exit((*instances_)[id], caf::exit_reason::kill);
  instances_->clear();
  self_ = nullptr;
  job_->report(last.state, last.problem);
  quit(exit_error(last.state, last.problem));
}

}  // namespace sage::actors
