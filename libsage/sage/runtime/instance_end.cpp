// How an instance ends: committed, aborted, or by what went wrong.
#include <exception>
#include <utility>

#include "sage/runtime/instance.hpp"

namespace sage::runtime {

void instance::commit(effects& out) {
  if (phase_ == phase::closed) return;
  try {
    chain_.commit(0);
    chain_.close();
    phase_ = phase::closed;
    publish_metrics();
    out.push_back(effect{effect::kind::closed});
  } catch (...) {
    fail(out);
  }
}

void instance::abort(effects& out) {
  if (phase_ == phase::closed) return;
  queue_.clear();
  set_aside_.clear();
  returning_.clear();
  queued_control_ = 0;
  chain_.abort();
  try {
    chain_.close();
  } catch (...) {
    fail(out);
    return;
  }
  phase_ = phase::closed;
  publish_metrics();
  out.push_back(effect{effect::kind::closed});
}

// Called within a catch block: turns what was thrown into one error with a place, cleans up, reports.
void instance::fail(effects& out) {
  const std::string place = chain_.place();
  std::shared_ptr<const error> problem;
  try {
    throw;
  } catch (const error& known) {
    problem = std::make_shared<error>(known.code(), known.what(), place);
  } catch (const std::exception& thrown) {
    problem = std::make_shared<error>(errc::user_function, thrown.what(), place);
  } catch (...) {
    problem = std::make_shared<error>(errc::user_function, "an exception that isn't a std::exception", place);
  }
  queue_.clear();
  set_aside_.clear();
  returning_.clear();
  queued_control_ = 0;
  chain_.abort();
  try {
    chain_.close();
  } catch (...) {  // the first problem is the cause and is reported; there is only one report
  }
  phase_ = phase::closed;
  publish_metrics();
  effect failed{effect::kind::failed};
  failed.problem = std::move(problem);
  out.push_back(std::move(failed));
}

}  // namespace sage::runtime
