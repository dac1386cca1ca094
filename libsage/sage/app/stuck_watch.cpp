#include "sage/app/stuck_watch.hpp"

#include <cstdlib>
#include <utility>

#include "sage/base/error.hpp"

namespace sage::apps {

stuck_watch::stuck_watch(std::string app, const options& given, console& to)
    : app_(std::move(app)),
      console_(to),
      report_after_(given.get<nanoseconds>("stuck-after")),
      limit_(given.get<nanoseconds>("stuck-limit")) {}

void stuck_watch::look(const runtime::job_record& job) {
  const graph::physical_plan& plan = job.plan();
  reported_.resize(plan.instances.size(), 0);
  const nanoseconds now = job.time().now();
  for (const graph::planned_instance& one : plan.instances) {
    const std::int64_t since = job.slot(one.id)->working_since();
    if (since == 0 || one.blocking) continue;
    const nanoseconds stuck = now - since;
    const std::string seconds = std::to_string(stuck / 1'000'000'000) + " s";
    if (limit_ > 0 && stuck > limit_) {
      console_.error(error(errc::timeout, "a function hasn't returned for " + seconds, one.name,
                           "it can't be stopped inside the process, which therefore ends; functions that wait are "
                           "for .blocking() or async_map"),
                     app_);
      // Destructors would wait for it.
      std::_Exit(EXIT_FAILURE);
    }
    if (report_after_ == 0 || stuck <= report_after_ || reported_[one.id] == since) continue;
    reported_[one.id] = since;
    console_.log().write(log_level::warn, "a function hasn't returned for " + seconds, log_place{app_, one.name, {}},
                         {});
  }
}

}  // namespace sage::apps
