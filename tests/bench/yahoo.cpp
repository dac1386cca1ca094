// The shape of the Yahoo streaming benchmark: views of advertisements are filtered, joined with the static table of
// their campaigns, and counted per campaign and ten seconds; beside one thread with hash maps.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include <sage/sage.hpp>

#include "tests/bench/kit/session.hpp"

namespace {

using namespace std::chrono_literals;
using sage::bench::check;

constexpr std::uint32_t campaigns = 100;
constexpr std::uint32_t ads_per_campaign = 10;
constexpr std::int64_t window_ms = 10'000;

struct ad_event {
  std::uint32_t ad = 0;
  std::uint32_t kind = 0;  // 0 is a view
  std::int64_t at = 0;
};
struct view {
  std::uint32_t campaign = 0;
  std::int64_t at = 0;
};

std::vector<ad_event> events(std::size_t count) {
  std::mt19937_64 random(3);
  std::vector<ad_event> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t drawn = random();
    all[i] = {static_cast<std::uint32_t>(drawn % (campaigns * ads_per_campaign)),
              static_cast<std::uint32_t>((drawn >> 20) % 3), static_cast<std::int64_t>(i / 1000)};
  }
  return all;
}

std::unordered_map<std::uint32_t, std::uint32_t> table() {
  std::unordered_map<std::uint32_t, std::uint32_t> campaign_of;
  for (std::uint32_t ad = 0; ad < campaigns * ads_per_campaign; ++ad) campaign_of[ad] = ad / ads_per_campaign;
  return campaign_of;
}

// The sum over all windows of count x (campaign + 1): nobody can leave any out.
std::uint64_t run_loop(const std::vector<ad_event>& all) {
  const auto campaign_of = table();
  std::unordered_map<std::uint64_t, std::uint64_t> counts;
  std::uint64_t checksum = 0;
  for (const ad_event& one : all) {
    if (one.kind != 0) continue;
    const std::uint32_t campaign = campaign_of.find(one.ad)->second;
    ++counts[static_cast<std::uint64_t>(one.at / window_ms) * campaigns + campaign];
  }
  for (const auto& [at, count] : counts) checksum += count * (at % campaigns + 1);
  return checksum;
}

std::uint64_t run_sage(const std::vector<ad_event>& all, std::size_t sources) {
  sage::environment_options options;
  options.parallelism = 2;
  sage::local_environment env(options);
  std::atomic<std::uint64_t> checksum{0};
  const auto campaign_of = std::make_shared<const std::unordered_map<std::uint32_t, std::uint32_t>>(table());
  const std::size_t half = all.size() / 2;
  const auto views = [&](std::vector<ad_event>::const_iterator begin, std::vector<ad_event>::const_iterator end) {
    return env.from_source(sage::iterate(begin, end))
        .assign_timestamps(&ad_event::at, sage::monotonic())
        .filter([](const ad_event& one) { return one.kind == 0; })
        .map([campaign_of](const ad_event& one) {
          return view{campaign_of->find(one.ad)->second, one.at};
        });
  };
  auto counted = [&](auto stream) {
    stream.key_by(&view::campaign)
        .window(sage::tumbling(std::chrono::milliseconds(window_ms)))
        .count()
        .sink([&checksum](const sage::window_result<std::uint32_t, std::uint64_t>& one) {
          checksum.fetch_add(one.value * (one.key + 1), std::memory_order_relaxed);
        });
  };
  if (sources == 1) {
    counted(views(all.begin(), all.end()));
  } else {
    counted(views(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(half))
                .union_with(views(all.begin() + static_cast<std::ptrdiff_t>(half), all.end())));
  }
  env.execute("yahoo");
  return checksum.load();
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "events");
  const auto count = static_cast<std::size_t>(20e6 * bench.scale());
  const auto all = events(count);
  const std::uint64_t expected = run_loop(all);
  bench.add("loop", static_cast<double>(count), [&] { check(run_loop(all) == expected, "the same counts"); });
  bench.add("sage_one_source", static_cast<double>(count),
            [&] { check(run_sage(all, 1) == expected, "the same counts"); });
  bench.add("sage_two_sources", static_cast<double>(count),
            [&] { check(run_sage(all, 2) == expected, "the same counts"); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  bench.at_least("Yahoo's shape beside a loop with hash maps, one source, parallelism 2",
                 bench.times_as_fast("sage_one_source", "loop"), "x", 0.6);
  bench.at_least("the same with two sources", bench.times_as_fast("sage_two_sources", "loop"), "x", 1.0);
  return bench.finish();
}
