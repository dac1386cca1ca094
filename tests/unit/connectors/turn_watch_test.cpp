#include "sage/connectors/memory/turn_watch.hpp"

#include "sage/connectors/memory/sources.hpp"
#include "sage/testing/manual_clock.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;

TEST_CASE("a slow generator gives short reads, a quick one full ones", "[connectors][generator]") {
  sage::testing::manual_clock time;
  context self("job", "numbers", 0, 1, 4096, time, batch_pool::make(), 1);
  nanoseconds pace = 0;
  const generator numbers([&]() -> std::optional<int> {
    time.advance(pace);
    return 7;
  });
  const auto reader = numbers.make_reader();
  reader->open(self);
  reader->start({}, 0);
  auto quick = batch<int>::make(self.pool(), 4096);
  CHECK(reader->read(*quick, 4096) == read_status::more);
  CHECK(quick->size() == 4096);
  pace = 1'000'000;
  auto slow = batch<int>::make(self.pool(), 4096);
  CHECK(reader->read(*slow, 4096) == read_status::more);
  CHECK(slow->size() <= 2);
  CHECK(slow->size() >= 1);
  CHECK(reader->position() == 4096 + slow->size());
}

}  // namespace
