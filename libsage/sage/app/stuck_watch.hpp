/// Finds functions that don't return.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/app/console.hpp"
#include "sage/app/options.hpp"
#include "sage/runtime/job.hpp"

namespace sage::apps {

/// A function that never returns can't be stopped inside its process: it is reported by the instance it runs in,
/// once; and where the settings say so, it ends the process, so that whoever watches over that starts it again.
/// Instances with a thread of their own may wait as long as they like.
class stuck_watch {
 public:
  stuck_watch(std::string app, const options& given, console& to);
  /// To be called now and then. Doesn't return when the limit is passed: exit code 1.
  void look(const runtime::job_record& job);

 private:
  std::string app_;
  console& console_;
  nanoseconds report_after_;
  nanoseconds limit_;
  std::vector<std::int64_t> reported_;  // by instance: the moment since which it was stuck
};

}  // namespace sage::apps
