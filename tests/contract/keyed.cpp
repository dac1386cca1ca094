// Analytics per key: aggregates, keyed state, typed rows out of and into files, and the handle of a running job.
#include <sage/sage.hpp>

namespace {

struct click {
  std::string user;
  std::string url;
  std::int64_t time = 0;
};

struct summary {
  std::string user;
  std::uint64_t clicks = 0;
  std::int64_t last = 0;
};

struct profile {
  std::string user;
  std::uint64_t visits = 0;
};

SAGE_DESCRIBE(click, user, url, time)
SAGE_DESCRIBE(summary, user, clicks, last)
SAGE_DESCRIBE(profile, user, visits)

struct count_and_last {
  struct accumulator {
    std::uint64_t clicks = 0;
    std::int64_t last = 0;
  };
  void add(accumulator& acc, const click& one) {
    ++acc.clicks;
    acc.last = std::max(acc.last, one.time);
  }
  void merge(accumulator& acc, const accumulator& other) {
    acc.clicks += other.clicks;
    acc.last = std::max(acc.last, other.last);
  }
  summary result(const std::string& user, accumulator&& acc) { return summary{user, acc.clicks, acc.last}; }
};

struct update_profile {
  sage::value_state<std::uint64_t> visits;
  void open(sage::context& self) { visits = sage::value_state<std::uint64_t>(self, "visits"); }
  void operator()(const summary& s, sage::collector<profile>& out) {
    visits.set(visits.value_or(0) + s.clicks);
    out.push(profile{s.user, visits.value_or(0)});
  }
};

}  // namespace

void keyed() {
  sage::local_environment env;
  env.from_source(sage::file::json_lines<click>("clicks/*.jsonl.gz"))
      .key_by(&click::user)
      .aggregate(count_and_last{})
      .key_by(&summary::user)
      .process(update_profile{})
      .sink(sage::file::csv_sink<profile>("profiles.csv"));
  sage::job job = env.submit("profiles");
  sage::job_metrics metrics = job.metrics();
  job.drain();
  job.cancel();
  job.wait();
}
