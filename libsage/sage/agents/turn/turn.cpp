#include "sage/agents/turn/turn.hpp"

#include "sage/base/error.hpp"
#include "sage/operators/async_core.hpp"

namespace sage::agents {

void turn::restore(std::vector<recorded_effect> results) {
  results_ = std::move(results);
  by_path_.clear();
  for (std::size_t i = 0; i < results_.size(); ++i) by_path_.emplace(results_[i].path, i);
}

const recorded_effect* turn::find(const pending_effect& effect) const {
  const auto found = by_path_.find(effect.path());
  if (found == by_path_.end()) return nullptr;
  const recorded_effect& known = results_[found->second];
  if (known.kind != effect.kind() || known.name != effect.name() || known.key != effect.key()) {
    throw error(errc::internal,
                "the turn has diverged: step " + effect.path() + " was " + std::string(enum_name(known.kind)) + " '" +
                    known.name + "', now it is " + std::string(enum_name(effect.kind())) + " '" + effect.name() + "'",
                "conversation " + conversation_ + ", turn " + std::to_string(number_),
                "an agent may depend on nothing but its input, its state and what comes through self");
  }
  return &known;
}

void turn::begin(pending_effect& effect) {
  waiting_.push_back(&effect);
  shell_->on_effect(effect);
}

void turn::record(const pending_effect& effect, bool failed, std::string value) {
  if (by_path_.contains(effect.path())) return;
  by_path_.emplace(effect.path(), results_.size());
  results_.push_back({effect.path(), effect.kind(), effect.name(), effect.key(), failed, std::move(value)});
}

std::exception_ptr problem_of(const recorded_effect& failed) {
  return std::make_exception_ptr(error(errc::user_function, failed.value));
}

std::string text_of(const std::exception_ptr& problem) {
  return operators::text_of_problem(problem);
}

}  // namespace sage::agents
