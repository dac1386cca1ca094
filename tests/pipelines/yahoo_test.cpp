// The pipeline of the Yahoo streaming benchmark: views of advertisements, their campaigns from a static table, counts
// per campaign and ten seconds.
#include <map>
#include <memory>
#include <unordered_map>

#include "sage/sage.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

struct ad_event {
  std::uint32_t ad = 0;
  std::string kind;  // view, click, purchase
  std::int64_t at = 0;
};
SAGE_DESCRIBE(ad_event, ad, kind, at)
struct view {
  std::uint32_t campaign = 0;
  std::int64_t at = 0;
};
SAGE_DESCRIBE(view, campaign, at)

constexpr std::uint32_t ads = 100;

// Up to three seconds out of order; one in fifty is of an advertisement that nobody knows.
std::vector<ad_event> events(int count) {
  static constexpr const char* kinds[] = {"view", "click", "purchase"};
  std::vector<ad_event> all;
  std::uint64_t drawn = 11;
  for (int i = 0; i < count; ++i) {
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    all.push_back({static_cast<std::uint32_t>((drawn >> 33) % (ads + 2)), kinds[(drawn >> 50) % 3],
                   i * 40 + static_cast<std::int64_t>((drawn >> 40) % 3000)});
  }
  return all;
}

}  // namespace

TEST_CASE("Yahoo's pipeline counts what a loop counts", "[pipeline][windows][yahoo]") {
  const auto all = events(3000);
  std::unordered_map<std::uint32_t, std::uint32_t> table;
  for (std::uint32_t ad = 0; ad < ads; ++ad) table[ad] = ad / 10;
  std::vector<window_result<std::uint32_t, std::uint64_t>> expected;
  std::map<std::pair<std::int64_t, std::uint32_t>, std::uint64_t> counts;
  for (const ad_event& one : all) {
    if (one.kind == "view" && table.contains(one.ad)) ++counts[{one.at / 10'000 * 10'000, table[one.ad]}];
  }
  const auto by_window = [](const auto& a, const auto& b) {
    return std::pair(a.start, a.key) < std::pair(b.start, b.key);
  };
  for (const auto& [at, count] : counts) expected.push_back({at.second, at.first, at.first + 10'000, count});
  REQUIRE(expected.size() > 100);

  const auto campaign_of = std::make_shared<const std::unordered_map<std::uint32_t, std::uint32_t>>(table);
  test::on_every_engine([&](environment& env) {
    collected<window_result<std::uint32_t, std::uint64_t>> out;
    env.from_source(collection(all))
        .assign_timestamps(&ad_event::at, bounded_out_of_orderness(3s))
        .filter([](const ad_event& one) { return one.kind == "view"; })
        .flat_map([campaign_of](const ad_event& one, collector<view>& to) {
          const auto found = campaign_of->find(one.ad);
          if (found != campaign_of->end()) to.push({found->second, one.at});
        })
        .key_by(&view::campaign)
        .window(tumbling(10s))
        .count()
        .sink(collect_into(out));
    env.execute("yahoo");
    auto rows = out.records();
    std::sort(rows.begin(), rows.end(), by_window);
    REQUIRE(rows == expected);
  });
}
