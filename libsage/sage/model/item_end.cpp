#include "sage/model/item_end.hpp"

namespace sage {

std::string_view to_string(item_end_reason reason) noexcept {
  switch (reason) {
    case item_end_reason::job_ended: return "job_ended";
    case item_end_reason::filtered: return "filtered";
    case item_end_reason::dropped: return "dropped";
    case item_end_reason::dead_lettered: return "dead_lettered";
    case item_end_reason::failed: return "failed";
    case item_end_reason::unrouted: return "unrouted";
    case item_end_reason::aggregated: return "aggregated";
    case item_end_reason::no_results: return "no_results";
    case item_end_reason::sunk: return "sunk";
    case item_end_reason::gone: return "gone";
  }
  return "unknown";
}

item_failure failure_of(const std::exception_ptr& problem) {
  if (!problem) return {};
  try {
    std::rethrow_exception(problem);
  } catch (const told_failure& its) {
    return its.told();
  } catch (...) {
    return {};
  }
}

std::string item_end::message() const {
  const std::string who = "operator '" + operator_name + "' ";
  switch (reason) {
    case item_end_reason::job_ended: return "its job ended or failed before it was answered";
    case item_end_reason::filtered: return who + "filtered it out";
    case item_end_reason::dropped:
    case item_end_reason::dead_lettered:
    case item_end_reason::failed: return who + "failed: " + (failure.text.empty() ? text : failure.text);
    case item_end_reason::unrouted: return who + "has no route for it";
    case item_end_reason::aggregated: return who + "aggregated it";
    case item_end_reason::no_results: return who + "made nothing of it";
    case item_end_reason::sunk: return who + "took it and doesn't answer";
    case item_end_reason::gone: return "it was stopped" + (text.empty() ? text : ": " + text);
  }
  return "it ended";
}

}  // namespace sage
