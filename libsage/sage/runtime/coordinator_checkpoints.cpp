// How a job takes checkpoints, stops at one, and goes on from one.
#include <utility>

#include "sage/runtime/coordinator.hpp"

namespace sage::runtime {

void coordinator::order_checkpoint(order::kind what, std::uint64_t epoch, std::vector<order>& out) const {
  order one{what};
  one.epoch = epoch;
  out.push_back(std::move(one));
}

void coordinator::begin_checkpoint(bool last, std::vector<order>& out) {
  const std::uint64_t epoch = tracker_->begin(last);
  checkpoint_begun_ = time_.now();
  if (suspends_ && suspend_epoch_ == 0) suspend_epoch_ = epoch;
  order_checkpoint(order::kind::begin_checkpoint, epoch, out);
  for (const instance_id who : tracker_->finished()) write_part(who, out);
  if (last) return;
  for (const graph::planned_instance& one : plan_.instances) {
    if (!reads(one) || stages_[one.id] != stage::open) continue;
    order barrier{order::kind::send_barrier, one.id};
    barrier.epoch = epoch;
    out.push_back(std::move(barrier));
  }
  set_timer(job_timer::checkpoint_deadline, checkpoints_.deadline, epoch, out);
}

void coordinator::write_part(instance_id who, std::vector<order>& out) {
  order write{order::kind::write_part, who};
  write.epoch = tracker_->under_way();
  write.snapshot = tracker_->part_of(who);
  out.push_back(std::move(write));
}

void coordinator::on_snapshot(instance_id who, std::uint64_t epoch, snapshot_ptr part, std::vector<order>& out) {
  if (tracker_->on_snapshot(who, epoch, std::move(part))) write_part(who, out);
}

void coordinator::on_checkpoint_problem(std::uint64_t epoch, const error& problem, std::vector<order>& out) {
  if (tracker_->under_way() == epoch) give_up_checkpoint(problem, out);
}

void coordinator::on_written(instance_id who, std::uint64_t epoch, result<manifest_file> file,
                             std::vector<order>& out) {
  if (!file) {
    on_checkpoint_problem(epoch, file.error(), out);
    return;
  }
  if (!tracker_->on_written(who, epoch, *std::move(file))) return;
  const std::vector<instance_counters> books = tracker_->books();
  if (auto violation = audit_(&books)) {
    stop(job_state::failed, std::make_shared<error>(*std::move(violation)), out);
    return;
  }
  order complete{order::kind::complete_checkpoint};
  complete.content = std::make_shared<const manifest>(tracker_->make_manifest(time_.wall_ms()));
  out.push_back(std::move(complete));
}

void coordinator::on_complete(std::uint64_t epoch, const result<void>& came, std::vector<order>& out) {
  if (tracker_->under_way() != epoch) return;
  if (!came) {
    give_up_checkpoint(came.error(), out);
    return;
  }
  order note{order::kind::note_checkpoint};
  note.news = {epoch, time_.now() - checkpoint_begun_, tracker_->bytes(), std::nullopt};
  out.push_back(std::move(note));
  const bool was_last = tracker_->is_last();
  tracker_->on_complete();
  if (was_last) {
    commit_all(out);
    return;
  }
  for (const graph::planned_instance& one : plan_.instances) {
    if (one.is_router() || !plan_.graph.at(one.chain.back()).is_sink() || stages_[one.id] != stage::open) continue;
    order commit{order::kind::commit_checkpoint, one.id};
    commit.epoch = epoch;
    out.push_back(std::move(commit));
  }
  if (suspends_ && epoch == suspend_epoch_) {
    stop(job_state::suspended, nullptr, out);
    end_if_all_closed(out);
  } else if (finished_ == stages_.size() && is_at_work()) {
    end_all_finished(out);
  }
}

void coordinator::give_up_checkpoint(const error& problem, std::vector<order>& out) {
  const std::uint64_t epoch = tracker_->under_way();
  const bool was_last = tracker_->is_last();
  tracker_->give_up();
  order_checkpoint(order::kind::discard_checkpoint, epoch, out);
  order note{order::kind::note_checkpoint};
  note.news = {epoch, time_.now() - checkpoint_begun_, 0, std::string(problem.what())};
  out.push_back(std::move(note));
  // Whoever wants to stop at a checkpoint stops at the next; the interval's timer begins that.
  if (suspend_epoch_ == epoch) suspend_epoch_ = 0;
  if (was_last) {
    const auto cause =
        std::make_shared<error>(problem.code(), "the last checkpoint can't be written: " + problem.message(),
                                problem.where(), problem.advice());
    const auto pause = pause_before_restart(*cause);
    if (pause) pause_ = *pause;
    stop(pause ? job_state::restarting : job_state::failed, cause, out);
    end_if_all_closed(out);
  } else if (finished_ == stages_.size() && is_at_work()) {
    end_all_finished(out);
  }
}

void coordinator::suspend(std::vector<order>& out) {
  if (!tracker_) {
    drain(out);
    return;
  }
  if (std::exchange(suspends_, true)) return;
  if (state_ == job_state::restarting) {  // it stands at a checkpoint already
    report(job_state::suspended, out);
    return;
  }
  ++generation_;  // instead of the timer that waits for the interval
  if (is_at_work()) on_timer(job_timer::checkpoint_due, generation_, out);
}

void coordinator::go_on_from(const restored_ptr& restored) {
  tracker_->begin_behind(restored.get());
  load_splits();
}

void coordinator::on_loaded(const result<restored_ptr>& from, std::vector<order>& out) {
  if (state_ != job_state::restarting) return;
  if (!from) {
    on_rebuild_failed(std::make_shared<error>(from.error()), out);
    return;
  }
  go_on_from(*from);
  stages_.assign(stages_.size(), stage::starting);
  ran_out_.assign(ran_out_.size(), false);
  opened_ = finished_ = closed_ = 0;
  suspend_epoch_ = 0;
  ++generation_;  // what was asked for before is of no interest any more
  outcome_ = job_state::done;
  report(job_state::opening, out);
  order rebuild{order::kind::rebuild};
  rebuild.restored = *from;
  out.push_back(std::move(rebuild));
  begin(out);
}

void coordinator::on_rebuild_failed(std::shared_ptr<const error> problem, std::vector<order>& out) {
  problem_ = std::move(problem);
  report(job_state::failed, out);
}

}  // namespace sage::runtime
