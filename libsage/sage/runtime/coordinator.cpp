#include "sage/runtime/coordinator.hpp"

#include <algorithm>
#include <utility>

namespace sage::runtime {

coordinator::coordinator(const graph::physical_plan& plan, const job_settings& settings, const clock& time,
                         auditor audit)
    : plan_(plan),
      stop_deadline_(settings.stop_deadline),
      time_(time),
      audit_(std::move(audit)),
      stages_(plan.instances.size(), stage::starting),
      ran_out_(plan.instances.size(), false),
      restarts_(settings.restarts, settings.seed) {
  if (settings.checkpoints) {
    checkpoints_ = settings.checkpoints->settings;
    tracker_.emplace(plan, settings.name, checkpoints_);
    tracker_->begin_behind(settings.checkpoints->restored.get());
  }
  load_splits();
}

void coordinator::load_splits() {
  splits_.clear();
  for (const graph::node& n : plan_.graph.nodes) {
    if (!n.splits) continue;
    std::deque<split_position>& left = splits_[n.id];
    if (tracker_) {
      left.assign(tracker_->splits_of(n.id).begin(), tracker_->splits_of(n.id).end());
    } else {
      for (const split& s : n.splits->splits) left.push_back(split_position{s, s.begin, std::nullopt});
    }
  }
}

void coordinator::report(job_state state, std::vector<order>& out) {
  state_ = state;
  order report{order::kind::report};
  report.state = state;
  report.problem = problem_;
  out.push_back(std::move(report));
}

void coordinator::set_timer(job_timer what, nanoseconds wait, std::uint64_t epoch, std::vector<order>& out) {
  order timer{order::kind::set_timer};
  timer.timer = what;
  timer.wait = wait;
  timer.epoch = epoch;
  out.push_back(std::move(timer));
}

void coordinator::order_all(order::kind what, std::vector<order>& out) const {
  for (const graph::planned_instance& one : plan_.instances) {
    if (stages_[one.id] != stage::closed) out.push_back(order{what, one.id});
  }
}

bool coordinator::reads(const graph::planned_instance& one) const {
  return !one.is_router() && plan_.graph.at(one.chain.front()).is_source();
}

void coordinator::begin(std::vector<order>& out) {
  order_all(order::kind::open, out);
}

void coordinator::on_opened(instance_id who, std::vector<order>& out) {
  if (stages_[who] != stage::starting) return;
  stages_[who] = stage::open;
  if (++opened_ < stages_.size() || state_ != job_state::opening) return;
  order_all(order::kind::start, out);
  report(drains_ ? job_state::draining : job_state::running, out);
  if (tracker_) set_timer(job_timer::checkpoint_due, interval(), generation_, out);
}

void coordinator::on_request_split(instance_id who, std::vector<order>& out) {
  order give{order::kind::give_split, who};
  std::deque<split_position>& left = splits_[plan_.instances[who].chain.front()];
  // Its own first, then what nobody has begun; those of others are kept for them.
  const std::uint32_t number = plan_.instances[who].number;
  auto next = std::find_if(left.begin(), left.end(), [&](const split_position& s) { return s.reader == number; });
  if (next == left.end()) {
    next = std::find_if(left.begin(), left.end(), [](const split_position& s) { return !s.reader; });
  }
  if (next != left.end() && state_ == job_state::running) {
    give.part = std::move(*next);
    left.erase(next);
  }
  const bool ran_out = !give.part;
  out.push_back(std::move(give));
  if (ran_out) note_ran_out(who, out);
}

// Sources that follow end when all others have nothing more to read.
void coordinator::note_ran_out(instance_id who, std::vector<order>& out) {
  const auto follows = [this](const graph::planned_instance& one) {
    return plan_.graph.at(one.chain.front()).follows;
  };
  ran_out_[who] = true;
  if (follows(plan_.instances[who])) return;
  const bool all = std::all_of(plan_.instances.begin(), plan_.instances.end(),
                               [&](const auto& one) { return !reads(one) || follows(one) || ran_out_[one.id]; });
  if (!all) return;
  for (const graph::planned_instance& one : plan_.instances) {
    if (reads(one) && follows(one)) out.push_back(order{order::kind::run_out, one.id});
  }
}

void coordinator::on_finished(instance_id who, snapshot_ptr part, std::vector<order>& out) {
  if (stages_[who] != stage::open) return;
  stages_[who] = stage::finished;
  ++finished_;
  if (reads(plan_.instances[who])) note_ran_out(who, out);
  if (tracker_ && tracker_->on_finished(who, std::move(part))) write_part(who, out);
  if (finished_ == stages_.size() && is_at_work()) end_all_finished(out);
}

void coordinator::end_all_finished(std::vector<order>& out) {
  if (tracker_ && tracker_->under_way() != 0) return;  // then, when that is complete or given up
  if (auto violation = audit_(nullptr)) {
    stop(job_state::failed, std::make_shared<error>(*std::move(violation)), out);
    return;
  }
  // What sinks have prepared must be known on the disk before any of it is put into place.
  if (tracker_) {
    begin_checkpoint(true, out);
  } else {
    commit_all(out);
  }
}

void coordinator::commit_all(std::vector<order>& out) {
  report(job_state::committing, out);
  order_all(order::kind::commit, out);
}

void coordinator::on_closed(instance_id who, std::vector<order>& out) {
  if (std::exchange(stages_[who], stage::closed) == stage::closed) return;
  ++closed_;
  end_if_all_closed(out);
}

void coordinator::on_failed(instance_id who, std::shared_ptr<const error> problem, std::vector<order>& out) {
  if (std::exchange(stages_[who], stage::closed) == stage::closed) return;
  ++closed_;
  order note{order::kind::note_failure};
  note.problem = problem;
  out.push_back(std::move(note));
  const auto pause = pause_before_restart(*problem);
  if (pause) pause_ = *pause;
  stop(pause ? job_state::restarting : job_state::failed, std::move(problem), out);
  end_if_all_closed(out);
}

std::optional<nanoseconds> coordinator::pause_before_restart(const error& problem) {
  // While it commits, too: the last checkpoint says what is to be put into place, and what is there stays.
  const bool may_begin_again = is_at_work() || state_ == job_state::opening || state_ == job_state::committing;
  if (!tracker_ || !may_pass(problem.code()) || !may_begin_again) return std::nullopt;
  return restarts_.on_failure(time_.now());
}

void coordinator::stop(job_state reason, std::shared_ptr<const error> problem, std::vector<order>& out) {
  if (is_final(state_)) return;
  // A failure while a cancelled job is being taken down is news; a cancel of a failing one isn't.
  if (!problem_) problem_ = std::move(problem);
  if (state_ == job_state::stopping) {
    if (reason == job_state::failed || outcome_ == job_state::restarting) outcome_ = reason;
    return;
  }
  if (tracker_ && tracker_->under_way() != 0) {
    order_checkpoint(order::kind::discard_checkpoint, tracker_->under_way(), out);
    tracker_->give_up();
  }
  outcome_ = reason;
  report(job_state::stopping, out);
  order_all(order::kind::abort, out);
  set_timer(job_timer::stop_deadline, stop_deadline_, generation_, out);
}

void coordinator::end_if_all_closed(std::vector<order>& out) {
  if (closed_ < stages_.size() || is_final(state_) || state_ == job_state::restarting) return;
  if (state_ != job_state::stopping) {
    report(job_state::done, out);
  } else if (outcome_ == job_state::restarting) {
    problem_ = nullptr;
    report(job_state::restarting, out);
    set_timer(job_timer::restart, pause_, generation_, out);
  } else {
    report(outcome_, out);
  }
}

void coordinator::cancel(std::vector<order>& out) {
  if (state_ == job_state::committing) return;  // too late to undo: it ends by itself
  const auto cause = std::make_shared<error>(errc::cancelled, "the job was cancelled");
  if (state_ == job_state::restarting) {
    problem_ = cause;
    report(job_state::cancelled, out);
    return;
  }
  stop(job_state::cancelled, cause, out);
  end_if_all_closed(out);
}

void coordinator::drain(std::vector<order>& out) {
  drains_ = true;
  if (state_ != job_state::running && state_ != job_state::opening) return;
  if (state_ == job_state::running) report(job_state::draining, out);
  for (auto& [source, left] : splits_) left.clear();
  for (const graph::planned_instance& one : plan_.instances) {
    if (reads(one)) out.push_back(order{order::kind::drain, one.id});
  }
}

void coordinator::on_timer(job_timer what, std::uint64_t epoch, std::vector<order>& out) {
  switch (what) {
    case job_timer::stop_deadline:
      if (epoch == generation_) on_stop_deadline(out);
      break;
    case job_timer::checkpoint_due:
      if (!is_at_work() || epoch != generation_) break;
      if (tracker_->may_begin() && finished_ < stages_.size()) begin_checkpoint(false, out);
      set_timer(job_timer::checkpoint_due, interval(), generation_, out);
      break;
    case job_timer::checkpoint_deadline:
      if (tracker_->under_way() == epoch) {
        give_up_checkpoint(error(errc::timeout, "it wasn't complete in time"), out);
      }
      break;
    case job_timer::restart:
      if (state_ == job_state::restarting) out.push_back(order{order::kind::load_checkpoint});
      break;
  }
}

void coordinator::on_stop_deadline(std::vector<order>& out) {
  if (state_ != job_state::stopping) return;
  std::string names;
  for (const graph::planned_instance& one : plan_.instances) {
    if (stages_[one.id] != stage::closed) names += (names.empty() ? "" : ", ") + one.name;
  }
  problem_ = std::make_shared<error>(
      problem_ ? problem_->code() : errc::timeout,
      (problem_ ? std::string(problem_->what()) + "; then " : std::string()) + "did not stop in time: " + names, "",
      "a function that never returns can't be stopped inside a process");
  report(job_state::failed, out);
}

}  // namespace sage::runtime
