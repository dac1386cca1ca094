// A running job hardly allocates: batches come from its pool, and what an actor system needs is one message a batch.
#include <sstream>
#include <string>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;

TEST_CASE("the first bench allocates at most 100 times per million records", "[system][allocations]") {
  const finished_process ended = run("test_allocations", {});
  REQUIRE(ended.exit_code == 0);
  std::istringstream lines(ended.out);
  std::string how;
  double per_million = 0;
  REQUIRE(lines >> how >> per_million);
  CHECK(how == "fused");
  CHECK(per_million <= 100);
  REQUIRE(lines >> how >> per_million);
  CHECK(how == "unfused");
  CHECK(per_million <= 2000);  // a message per batch of 4096 and hop, and credit
}
