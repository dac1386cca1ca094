// Both exchanges saw the same batch: the second one took the key hashes of the first for its own (wrong instances,
// so 91 sums instead of 7), and with threads both wrote the column at once.
#include <string>
#include <vector>

#include "tests/pipelines/engines.hpp"

namespace {

struct visit {
  std::string user;
  std::string page;
  int count = 0;
};
SAGE_DESCRIBE(visit, user, page, count)

visit add(visit sum, const visit& one) {
  sum.count += one.count;
  return sum;
}

}  // namespace

TEST_CASE("two keys of one stream are hashed apart", "[regression][keyed]") {
  std::vector<visit> visits;
  for (int i = 0; i < 1000; ++i) {
    visits.push_back({"user" + std::to_string(i % 13), "page" + std::to_string(i % 7), 1});
  }
  sage::test::on_every_engine([&](sage::environment& env) {
    sage::collected<visit> by_user;
    sage::collected<visit> by_page;
    auto all = env.from_source(sage::collection<visit>(visits)).rebalance().map([](visit v) { return v; });
    all.key_by(&visit::user).reduce(add).sink(sage::collect_into(by_user));
    all.key_by(&visit::page).reduce(add).sink(sage::collect_into(by_page));
    env.execute("two keys");
    CHECK(by_user.size() == 13);
    CHECK(by_page.size() == 7);
  });
}
