// How much memory the other benches' pipelines have resident at most: each in a process of its own, everything in it
// counted. The input of word_count is 200 MB, read through buffers and not kept.
#include <string>
#include <vector>

#include "tests/bench/kit/child.hpp"
#include "tests/bench/kit/session.hpp"
#include "tests/bench/kit/zipf_text.hpp"

int main(int argc, char** argv) {
  using namespace sage::bench;
  session bench(argc, argv, "");
  const zipf_text text = make_zipf_text(static_cast<std::uint64_t>(24.5e6 * bench.scale()), 100'000);
  const std::string bin = std::string(SAGE_BIN_DIR) + "/";
  const std::string counts = std::string(SAGE_BUILD_DIR) + "/bench_counts.csv";
  const std::vector<std::pair<std::string, std::vector<std::string>>> programs{
      {"integers, fused", {bin + "bench_integers", "--only", "sage"}},
      {"integers, unfused", {bin + "bench_unfused", "--only", "sage_unfused"}},
      {"latency, unfused", {bin + "bench_latency", "--only", "sage_unfused", "--scale", "0.5"}},
      {"word_count, parallelism 2",
       {bin + "word_count", "run", "--input", text.path, "--output", counts, "--parallelism", "2"}},
      {"word_count, parallelism 2, unfused",
       {bin + "word_count", "run", "--input", text.path, "--output", counts, "--parallelism", "2", "--no-fusion"}},
  };
  for (const auto& [what, command] : programs) {
    const child_usage used = run_child(command);
    check(used.exit_code == 0, what.c_str());
    bench.at_most(what, used.peak_mib, "MiB", 64);
  }
  return bench.finish();
}
