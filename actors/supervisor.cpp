#include "actors/supervisor.hpp"

#include <chrono>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/actor_engine.hpp"
#include "actors/instance_actor.hpp"
#include "sage/model/batch_pool.hpp"
#include "sage/runtime/assembly.hpp"
#include "sage/runtime/ledger.hpp"
#include "sage/runtime/port_orders.hpp"

namespace sage::actors {

using runtime::order;

supervisor::supervisor(caf::actor_config& config, std::shared_ptr<runtime::job_record> job,
                       std::shared_ptr<job_signals> signals, std::vector<assembled_instance> instances,
                       std::shared_ptr<std::atomic<bool>> left_behind)
    : caf::event_based_actor(config),
      job_(std::move(job)),
      signals_(std::move(signals)),
      assembled_(std::move(instances)),
      coordinator_(job_->plan(), job_->settings(), job_->time(),
                   [this](const std::vector<instance_counters>* at_barrier) {
                     return at_barrier ? runtime::audit(job_->plan(), *at_barrier, true)
                                       : runtime::audit(job_->plan(), runtime::read_counters(*job_));
                   }),
      instances_(std::make_shared<std::vector<caf::actor>>()),
      left_behind_(std::move(left_behind)) {}

std::vector<assembled_instance> assemble_all(const runtime::job_record& job,
                                             const std::shared_ptr<job_signals>& signals,
                                             const runtime::restored_ptr& restored) {
  const ref<batch_pool> pool = batch_pool::make();
  std::vector<assembled_instance> assembled;
  for (const graph::planned_instance& planned : job.plan().instances) {
    const bool is_source = !planned.is_router() && job.plan().graph.at(planned.chain.front()).is_source();
    auto ear = std::make_shared<actor_waker>(signals, is_source);
    assembled.push_back(
        assembled_instance{runtime::assemble(job, planned.id, pool, ear, restored), ear, planned.blocking});
  }
  return assembled;
}

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
      [this](report& r) {
        switch (r.what) {
          case report::kind::opened: coordinator_.on_opened(r.who, orders_); break;
          case report::kind::request_split: coordinator_.on_request_split(r.who, orders_); break;
          case report::kind::finished: coordinator_.on_finished(r.who, std::move(r.part), orders_); break;
          case report::kind::snapshot: coordinator_.on_snapshot(r.who, r.epoch, std::move(r.part), orders_); break;
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
      [this](suspend_job) {
        coordinator_.suspend(orders_);
        carry_out();
      },
      [this](const job_moment& at) {
        coordinator_.on_timer(at.what, at.epoch, orders_);
        carry_out();
      },
      [this](const job_event& one) {
        (*one.what)(coordinator_, orders_);
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
    if (o.what == order::kind::report && is_final(o.state)) {
      orders_.clear();
      end(o);
      return;
    }
    if (o.what == order::kind::rebuild) {
      const auto problem = rebuild(o.restored);
      if (!problem) continue;
      orders_.resize(i + 1);  // there is nobody who could carry out the rest
      coordinator_.on_rebuild_failed(problem, orders_);
      continue;
    }
    if (carry_out_for_job(o)) continue;
    const auto tell = [&](command::kind what) { command_instance(o.instance, command{what, o.part, o.epoch}); };
    switch (o.what) {
      case order::kind::open: tell(command::kind::open); break;
      case order::kind::start: tell(command::kind::start); break;
      case order::kind::give_split: tell(command::kind::give_split); break;
      case order::kind::drain:
        signals_->reading.request();
        tell(command::kind::drain);
        break;
      case order::kind::run_out: tell(command::kind::run_out); break;
      case order::kind::commit: tell(command::kind::commit); break;
      case order::kind::abort:
        signals_->reading.request();
        signals_->everything.request();
        tell(command::kind::abort);
        break;
      case order::kind::send_barrier: tell(command::kind::send_barrier); break;
      case order::kind::commit_checkpoint: tell(command::kind::commit_checkpoint); break;
      default: break;
    }
  }
  orders_.clear();
}

// What is asked for the job as a whole; false for what an instance is to do.
bool supervisor::carry_out_for_job(const order& o) {
  switch (o.what) {
    case order::kind::set_timer:
      delayed_send(this, std::chrono::nanoseconds(o.wait), job_moment{o.timer, o.epoch});
      return true;
    case order::kind::report: job_->report(o.state, o.problem); return true;
    case order::kind::note_failure: job_->note_failure(*o.problem); return true;
    case order::kind::note_checkpoint: job_->note_checkpoint(o.news); return true;
    default: {
      using event = std::function<void(runtime::coordinator&, std::vector<order>&)>;
      return runtime::hand_to_port(o, job_->settings(), [self = caf::actor_cast<caf::actor_addr>(self_)](event what) {
        if (const auto target = caf::actor_cast<caf::actor>(self)) {
          caf::anon_send(target, job_event{std::make_shared<const event>(std::move(what))});
        }
      });
    }
  }
}

// All actors of the time before are down.
std::shared_ptr<const error> supervisor::rebuild(const runtime::restored_ptr& restored) {
  instances_ = std::make_shared<std::vector<caf::actor>>();
  last_words_.clear();
  signals_->reading.withdraw();
  signals_->everything.withdraw();
  try {
    assembled_ = assemble_all(*job_, signals_, restored);
    spawn_instances();
    return nullptr;
  } catch (const error& problem) {
    return std::make_shared<error>(problem);
  } catch (const std::exception& problem) {
    return std::make_shared<error>(errc::user_function, problem.what());
  }
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
