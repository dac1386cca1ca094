// Real processes, killed at random moments: what they commit is what an undisturbed run does. tools/crash does it;
// the proofs kill more often.
#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;

namespace {

void survive(const std::string& app) {
  const finished_process run =
      run_shell(std::string(SAGE_SOURCE_DIR) + "/tools/crash --bin \"$bin\" --kills 5 --for 30 --app " + app);
  INFO(run.err);
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.out, Catch::Contains(" 0 laws broken"));
}

}  // namespace

TEST_CASE("word_count is exact however often it is killed", "[crash]") {
  survive("word_count");
}

TEST_CASE("an auction's windows are exact however often they are killed", "[crash]") {
  survive("nexmark");
}
