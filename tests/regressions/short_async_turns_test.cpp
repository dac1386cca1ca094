// When the turn of an async operator was over just as a call ended, the calls of other keys that waited for its place
// were forgotten: nothing was under way any more that would have woken the operator.
#include <chrono>
#include <string>

#include "sage/functions/tasks/waiting.hpp"
#include "tests/pipelines/engines.hpp"

namespace {

using namespace std::chrono_literals;

sage::task<int> doubled(int x) {
  if (x % 2 == 1) co_await sage::sleep_for(10us);
  co_return 2 * x;
}

TEST_CASE("calls that wait for a place get it, however short turns are", "[regression][async]") {
  for (const char* engine : {"reference", "actors"}) {
    for (const sage::result_order order : {sage::ordered_by_key, sage::ordered, sage::unordered}) {
      CAPTURE(engine, static_cast<int>(order));
      sage::environment_options options;
      options.flow.activation_time_max = 0;  // every turn is over after its first step
      std::unique_ptr<sage::environment> env;
      if (std::string(engine) == "reference") {
        env = std::make_unique<sage::reference_environment>(options);
      } else {
        env = std::make_unique<sage::local_environment>(options);
      }
      sage::collected<int> out;
      const auto keyed = env->from_source(sage::range<int>(0, 20)).key_by([](int x) { return x; });
      keyed.async_map(doubled, {.capacity = 2, .order = order}).sink(sage::collect_into(out));
      const sage::job running = env->submit("short turns");
      const bool ended = running.wait_for(20'000).has_value();
      CHECK(ended);
      if (!ended) {
        running.cancel();
        CHECK_THROWS_AS(running.wait(), sage::error);
        continue;
      }
      CHECK(out.records().size() == 20);
    }
  }
}

}  // namespace
