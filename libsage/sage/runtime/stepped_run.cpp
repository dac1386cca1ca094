#include "sage/runtime/stepped_run.hpp"

#include <exception>
#include <iterator>
#include <utility>

#include "sage/runtime/assembly.hpp"
#include "sage/runtime/ledger.hpp"
#include "sage/runtime/port_orders.hpp"

namespace sage::runtime {

stepped_run::stepped_run(std::shared_ptr<job_record> job, ear_maker make_ear, mail_box post)
    : job_(std::move(job)),
      make_ear_(std::move(make_ear)),
      post_(std::move(post)),
      coordinator_(job_->plan(), job_->settings(), job_->time(),
                   [this](const std::vector<instance_counters>* at_barrier) {
                     return at_barrier ? audit(job_->plan(), *at_barrier, true)
                                       : audit(job_->plan(), read_counters(*job_));
                   }),
      pool_(batch_pool::make()) {}

void stepped_run::assemble_all(const restored_ptr& restored) {
  instances_.clear();
  for (const graph::planned_instance& one : job_->plan().instances) {
    instances_.push_back(assemble(*job_, one.id, pool_, make_ear_(one.id), restored));
  }
}

void stepped_run::begin(const restored_ptr& restored) {
  assemble_all(restored);
  coordinator_.begin(orders_);
  carry_out();
}

void stepped_run::begin_life(const restored_ptr& restored) {
  coordinator_.go_on_from(restored);
  begin(restored);
}

void stepped_run::enqueue(instance_id id) {
  if (!std::exchange(queued_[id], true)) runnable_.push_back(id);
}

void stepped_run::run(std::size_t number) {
  const instance_id next = runnable_[number];
  runnable_.erase(runnable_.begin() + static_cast<std::ptrdiff_t>(number));
  queued_[next] = false;
  if (instances_[next]->run(false, effects_)) enqueue(next);
  interpret(next);
  carry_out();
}

void stepped_run::wake(instance_id who) {
  if (who >= instances_.size()) return;
  instances_[who]->on_wake();
  enqueue(who);
}

void stepped_run::handle(const event& what) {
  what(coordinator_, orders_);
  carry_out();
}

void stepped_run::fire_timers(nanoseconds now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const timer due = timers_.begin()->second;
    timers_.erase(timers_.begin());
    if (due.who == nobody) {
      coordinator_.on_timer(due.what, due.epoch, orders_);
      carry_out();
    } else {
      wake(due.who);
    }
  }
}

std::optional<nanoseconds> stepped_run::next_timer() const noexcept {
  return timers_.empty() ? std::nullopt : std::optional<nanoseconds>(timers_.begin()->first);
}

instance& stepped_run::receiver_of(channel_id channel) {
  const instance_id to = job_->plan().channels[channel].to;
  enqueue(to);
  return *instances_[to];
}

// The effects of one instance, in order; the vector is reused.
void stepped_run::interpret(instance_id from) {
  for (std::size_t i = 0; i < effects_.size(); ++i) {
    effect& e = effects_[i];
    switch (e.what) {
      case effect::kind::send:
        receiver_of(e.channel).on_batch(e.channel, std::move(e.records), e.bytes, e.at, e.watermark);
        break;
      case effect::kind::send_progress: receiver_of(e.channel).on_progress(e.channel, e.watermark, e.idle); break;
      case effect::kind::send_end: receiver_of(e.channel).on_end(e.channel); break;
      case effect::kind::send_barrier: receiver_of(e.channel).on_barrier(e.channel, e.epoch); break;
      case effect::kind::grant: {
        const instance_id to = job_->plan().channels[e.channel].from;
        effects nested;
        instances_[to]->on_credit(e.channel, e.batches, e.bytes, nested);
        effects_.insert(effects_.end(), std::make_move_iterator(nested.begin()),
                        std::make_move_iterator(nested.end()));
        enqueue(to);
        break;
      }
      case effect::kind::snapshot: coordinator_.on_snapshot(from, e.epoch, std::move(e.part), orders_); break;
      case effect::kind::request_split: coordinator_.on_request_split(from, orders_); break;
      case effect::kind::set_timer: timers_.emplace(e.at, timer{from}); break;
      case effect::kind::opened: coordinator_.on_opened(from, orders_); break;
      case effect::kind::finished: coordinator_.on_finished(from, std::move(e.part), orders_); break;
      case effect::kind::closed: coordinator_.on_closed(from, orders_); break;
      case effect::kind::failed: coordinator_.on_failed(from, std::move(e.problem), orders_); break;
    }
  }
  effects_.clear();
}

void stepped_run::carry_out() {
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    const order o = orders_[i];
    if (o.what == order::kind::rebuild) {
      const auto problem = rebuild(o.restored);
      if (!problem) continue;
      orders_.resize(i + 1);  // there is nobody who could carry out the rest
      coordinator_.on_rebuild_failed(problem, orders_);
      continue;
    }
    if (carry_out_for_job(o)) continue;
    instance& to = *instances_[o.instance];
    switch (o.what) {
      case order::kind::open: to.open(effects_); break;
      case order::kind::start: to.start(effects_); break;
      case order::kind::give_split: to.on_split(o.part); break;
      case order::kind::drain:
        to.drain();
        to.on_wake();
        break;
      case order::kind::run_out:
        to.run_out();
        to.on_wake();
        break;
      case order::kind::commit: to.commit(effects_); break;
      case order::kind::abort: to.abort(effects_); break;
      case order::kind::send_barrier: to.begin_checkpoint(o.epoch); break;
      case order::kind::commit_checkpoint: to.on_checkpoint(o.epoch, effects_); break;
      default: break;
    }
    interpret(o.instance);
    enqueue(o.instance);
  }
  orders_.clear();
}

// What is asked for the job as a whole; false for what an instance is to do.
bool stepped_run::carry_out_for_job(const order& o) {
  switch (o.what) {
    case order::kind::set_timer:
      timers_.emplace(job_->time().now() + o.wait, timer{nobody, o.timer, o.epoch});
      return true;
    case order::kind::report: job_->report(o.state, o.problem); return true;
    case order::kind::note_failure: job_->note_failure(*o.problem); return true;
    case order::kind::note_checkpoint: job_->note_checkpoint(o.news); return true;
    default: return hand_to_port(o, job_->settings(), post_);
  }
}

std::shared_ptr<const error> stepped_run::rebuild(const restored_ptr& restored) {
  std::erase_if(timers_, [](const auto& one) { return one.second.who != nobody; });
  runnable_.clear();
  queued_.clear();
  try {
    assemble_all(restored);
    return nullptr;
  } catch (const error& problem) {
    return std::make_shared<error>(problem);
  } catch (const std::exception& problem) {
    return std::make_shared<error>(errc::user_function, problem.what());
  }
}

}  // namespace sage::runtime
