// What an error policy may forgive, and what not.
#include <stdexcept>

#include "tests/pipelines/engines.hpp"

namespace {

using sage::environment;
using sage::test::on_every_engine;

// A flat_map emits from within its loop over the batch. What a fused operator behind it threw came back through that
// loop and was taken for the flat_map's own record: dropped, and the job went on without the lost results.
TEST_CASE("a policy forgives its own function only, not the operators behind", "[regression][record-law]") {
  on_every_engine([](environment& env) {
    env.from_source(sage::range<int>(0, 5000))
        .flat_map([](int x) {
          return std::vector<int>{x, x};
        })
        .name("twice")
        .on_error(sage::drop)
        .map([](int x) {
          if (x == 4000) throw std::runtime_error("behind");
          return x;
        })
        .name("unlucky")
        .sink(sage::discard());
    CHECK_THROWS_WITH(env.execute("flat_map"), Catch::Contains("unlucky[") && Catch::Contains("behind"));

    env.from_source(sage::range<int>(0, 5000))
        .key_by([](int x) { return x % 3; })
        .process([](int x, sage::collector<int>& out) { out.push(x); })
        .on_error(sage::retry(3).otherwise(sage::drop))
        .sink([](int x) {
          if (x == 4000) throw std::runtime_error("behind");
        })
        .name("unlucky");
    CHECK_THROWS_WITH(env.execute("process"), Catch::Contains("unlucky[") && Catch::Contains("behind"));
  });
}

}  // namespace
