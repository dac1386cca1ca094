#include "sage/serving/item_problem.hpp"

#include "sage/serving/http_service.hpp"

namespace sage::serving {

http_problem problem_of(const item_end& end) {
  if (end.failure.status != 0) {
    const std::string& code = end.failure.code;
    return refusal(end.failure.status, code, end.message(), end.failure.retry_after_s);
  }
  switch (end.reason) {
    case item_end_reason::gone: return refusal(504, "deadline_exceeded", end.message());
    case item_end_reason::job_ended: return refusal(503, "service_ended", end.message());
    case item_end_reason::filtered:
    case item_end_reason::unrouted: return refusal(422, "not_handled", end.message());
    default: return refusal(500, "internal_error", end.message());
  }
}

}  // namespace sage::serving
