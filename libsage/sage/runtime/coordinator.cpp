#include "sage/runtime/coordinator.hpp"

#include <utility>

namespace sage::runtime {

coordinator::coordinator(const graph::physical_plan& plan, std::function<std::optional<error>()> audit)
    : plan_(plan), audit_(std::move(audit)), stages_(plan.instances.size(), stage::starting) {
  for (const graph::node& n : plan.graph.nodes) {
    if (n.splits) splits_[n.id].assign(n.splits->splits.begin(), n.splits->splits.end());
  }
}

void coordinator::report(job_state state, std::vector<order>& out) {
  state_ = state;
  order report{order::kind::report};
  report.state = state;
  report.problem = problem_;
  out.push_back(std::move(report));
}

void coordinator::order_all(order::kind what, std::vector<order>& out) const {
  for (const graph::planned_instance& one : plan_.instances) {
    if (stages_[one.id] != stage::closed) out.push_back(order{what, one.id});
  }
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
}

void coordinator::on_request_split(instance_id who, std::vector<order>& out) {
  order give{order::kind::give_split, who};
  std::deque<split>& left = splits_[plan_.instances[who].chain.front()];
  if (!left.empty() && state_ == job_state::running) {
    give.part = std::move(left.front());
    left.pop_front();
  }
  out.push_back(std::move(give));
}

void coordinator::on_finished(instance_id who, std::vector<order>& out) {
  if (stages_[who] != stage::open) return;
  stages_[who] = stage::finished;
  if (++finished_ < stages_.size() || (state_ != job_state::running && state_ != job_state::draining)) return;
  if (auto violation = audit_()) {
    stop(job_state::failed, std::make_shared<error>(*std::move(violation)), out);
    return;
  }
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
  stop(job_state::failed, std::move(problem), out);
  end_if_all_closed(out);
}

void coordinator::stop(job_state reason, std::shared_ptr<const error> problem, std::vector<order>& out) {
  if (is_final(state_)) return;
  // A failure while a cancelled job is being taken down is news; a cancel of a failing one isn't.
  if (!problem_) problem_ = std::move(problem);
  if (state_ == job_state::stopping) {
    if (reason == job_state::failed) outcome_ = reason;
    return;
  }
  outcome_ = reason;
  report(job_state::stopping, out);
  order_all(order::kind::abort, out);
  out.push_back(order{order::kind::set_deadline});
}

void coordinator::end_if_all_closed(std::vector<order>& out) {
  if (closed_ < stages_.size() || is_final(state_)) return;
  report(state_ == job_state::stopping ? outcome_ : job_state::done, out);
}

void coordinator::cancel(std::vector<order>& out) {
  if (state_ == job_state::committing) return;  // too late to undo: it ends by itself
  stop(job_state::cancelled, std::make_shared<error>(errc::cancelled, "the job was cancelled"), out);
  end_if_all_closed(out);
}

void coordinator::drain(std::vector<order>& out) {
  if (state_ != job_state::running && state_ != job_state::opening) return;
  drains_ = true;
  if (state_ == job_state::running) report(job_state::draining, out);
  for (auto& [source, left] : splits_) left.clear();
  for (const graph::planned_instance& one : plan_.instances) {
    if (!one.is_router() && plan_.graph.at(one.chain.front()).is_source()) {
      out.push_back(order{order::kind::drain, one.id});
    }
  }
}

void coordinator::on_deadline(std::vector<order>& out) {
  if (is_final(state_)) return;
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
