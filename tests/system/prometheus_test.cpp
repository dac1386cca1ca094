// What Prometheus' own checker says of our text, where it is installed.
#include "sage/sage.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;

TEST_CASE("promtool finds nothing to say about the metrics of a job", "[system][metrics]") {
  sage::local_environment env;
  env.from_source(sage::range<int>(0, 100'000))
      .key_by([](int x) { return x % 100; })
      .aggregate(sage::count{})
      .sink(sage::discard());
  const std::string text = env.execute("a \"name\"").metrics.to_prometheus();
  REQUIRE(text.find("sage_operator_records_in_total") != std::string::npos);
  if (run_shell("command -v promtool").exit_code != 0) {
    WARN("promtool is not installed (package prometheus)");
    return;
  }
  const scratch_folder folder;
  const finished_process checked = run_shell("promtool check metrics < " + folder.write("metrics.txt", text));
  CHECK(checked.exit_code == 0);
  CHECK(checked.out + checked.err == "");
}
