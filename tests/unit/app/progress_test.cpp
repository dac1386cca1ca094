#include "sage/app/progress.hpp"

#include "tests/catch.hpp"

using namespace sage;
using apps::progress;

namespace {

graph::physical_plan plan(std::vector<split> splits) {
  graph::physical_plan made;
  made.graph.name = "sums";
  graph::node source;
  source.name = "numbers";
  source.splits.emplace();
  source.splits->splits = std::move(splits);
  made.graph.nodes.push_back(source);
  return made;
}

job_metrics look(double seconds, std::uint64_t records, std::uint64_t positions) {
  job_metrics metrics;
  metrics.job = "sums";
  metrics.state = "running";
  metrics.seconds = seconds;
  operator_metrics source;
  source.name = "numbers";
  source.records_out = records;
  metrics.operators.push_back(source);
  instance_metrics actor;
  actor.name = "numbers+sum[0]";
  actor.source_positions = positions;
  metrics.instances.push_back(actor);
  return metrics;
}

}  // namespace

TEST_CASE("progress shows records, rate, percent and time left when the size is known", "[app][progress]") {
  progress shown(plan({split{"a", 0, 1000, 0}, split{"b", 1000, 2000, 1}}));
  CHECK(shown.line(look(0.5, 5000, 0), 200) == "sums: 5.0 k records, 10.0 k/s, 0 %");
  // 40 % of the newest look, 60 % of those before.
  CHECK(shown.line(look(1.0, 15'000, 500), 200) == "sums: 15.0 k records, 14.0 k/s, 25 %, 0:03 left");
  CHECK(shown.line(look(4.0, 60'000, 2000), 200) == "sums: 60.0 k records, 14.4 k/s, 100 %");
  CHECK(shown.share(look(1, 1, 500)) == 0.25);
}

TEST_CASE("progress shows the time passed when the size is not known", "[app][progress]") {
  progress shown(plan({split{"pipe", 0, 0, 0}}));
  CHECK(shown.line(look(62, 620, 12345), 200) == "sums: 620 records, 10/s, 1:02");
  CHECK_FALSE(shown.share(look(1, 1, 500)).has_value());
}

TEST_CASE("progress names the actor that limits, or the state that the job is in", "[app][progress]") {
  progress shown(plan({split{"pipe", 0, 0, 0}}));
  job_metrics metrics = look(1, 10, 0);
  metrics.instances[0].busy_ratio = 0.2;
  metrics.instances[0].blocked_ratio = 0.8;
  CHECK_FALSE(apps::limiting_actor(metrics).has_value());
  instance_metrics slow;
  slow.name = "work[0]";
  slow.busy_ratio = 0.97;
  metrics.instances.push_back(slow);
  CHECK(apps::limiting_actor(metrics) == "work[0]");
  CHECK(shown.line(metrics, 200) == "sums: 10 records, 10/s, 0:01, limited by work[0]");
  metrics.state = "draining";
  metrics.seconds = 2;
  CHECK(shown.line(metrics, 200) == "sums: 10 records, 6/s, 0:02, draining");
  metrics.seconds = 3;
  CHECK(shown.line(metrics, 20) == "sums: 10 records, 4");  // never wraps: the line is rewritten in place
}

TEST_CASE("counts and times are short", "[app][progress]") {
  using apps::short_count;
  using apps::short_time;
  CHECK(short_count(0) == "0");
  CHECK(short_count(999) == "999");
  CHECK(short_count(999.9) == "1.0 k");
  CHECK(short_count(1234) == "1.2 k");
  CHECK(short_count(12'345'678) == "12.3 M");
  CHECK(short_count(123'456'789) == "123 M");
  CHECK(short_count(24.5e9) == "24.5 G");
  CHECK(short_count(1e18) == "1000000 T");
  CHECK(short_time(0.9) == "0:00");
  CHECK(short_time(62) == "1:02");
  CHECK(short_time(3723) == "1:02:03");
  CHECK(short_time(1e300) == "100000:00:00");
}
