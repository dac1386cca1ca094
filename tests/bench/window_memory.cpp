// What a key and an open window of it take: the most memory resident of a process that keeps so many of them open,
// less that of one with a single key. Everything is counted: table of keys, slots, panes, what the allocator keeps.
#include <chrono>
#include <cstdint>
#include <string>

#include <sage/sage.hpp>

#include "tests/bench/kit/child.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using namespace std::chrono_literals;
using sage::bench::check;

constexpr std::int64_t window_ms = 1000;

struct event {
  std::uint64_t key = 0;
  std::int64_t at = 0;
};

// Each key has a record in each of so many windows, of which none is closed before the input ends.
template <class Windows>
void keep_open(std::uint64_t keys, std::uint64_t windows, Windows kind) {
  sage::environment_options options;
  options.parallelism = 1;
  sage::local_environment env(options);
  std::uint64_t results = 0;
  env.from_source(sage::range<std::uint64_t>(0, keys * windows))
      .map([keys](std::uint64_t i) {
        return event{i % keys * 0x9e3779b97f4a7c15u, static_cast<std::int64_t>(i / keys) * window_ms};
      })
      .assign_timestamps(&event::at, sage::bounded_out_of_orderness(24h))
      .key_by(&event::key)
      .window(kind)
      .count()
      .sink([&results](const sage::window_result<std::uint64_t, std::uint64_t>&) { ++results; });
  env.execute("open windows");
  check(results == keys * windows, "every window spoke once");
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "windows");
  const auto keys = static_cast<std::uint64_t>(1e6 * bench.scale());
  const auto tumbling = sage::tumbling(std::chrono::milliseconds(window_ms));
  const auto session = sage::session(500ms);
  constexpr std::uint64_t several = 8;
  if (bench.is_single_run()) {
    bench.add("none", 1, [&] { keep_open(1, 1, tumbling); });
    bench.add("tumbling", 1, [&] { keep_open(keys, 1, tumbling); });
    bench.add("tumbling_several", 1, [&] { keep_open(keys, several, tumbling); });
    bench.add("sessions", 1, [&] { keep_open(keys, 1, session); });
    bench.add("sessions_several", 1, [&] { keep_open(keys, several, session); });
    bench.run_rounds();
    return 0;
  }
  const auto peak = [&](const char* name) {
    const auto used = sage::bench::run_child({argv[0], "--only", name, "--scale", std::to_string(bench.scale())});
    check(used.exit_code == 0, name);
    return used.peak_mib * 1024 * 1024;
  };
  const double none = peak("none");
  const auto count = static_cast<double>(keys);
  const auto further = static_cast<double>(keys * (several - 1));
  const double one = peak("tumbling");
  bench.note("a key and its open window, tumbling count", (one - none) / count, "bytes");
  bench.note("a further open window of a key", (peak("tumbling_several") - one) / further, "bytes");
  const double session_one = peak("sessions");
  bench.note("a key and its session, count", (session_one - none) / count, "bytes");
  bench.note("a further session of a key", (peak("sessions_several") - session_one) / further, "bytes");
  return bench.finish();
}
