// What a user waits for: CPU seconds that the compiler needs for a file with a pipeline of ten operators, at -O2 and
// without a precompiled header.
#include <string>
#include <vector>

#include "tests/bench/kit/child.hpp"
#include "tests/bench/kit/session.hpp"

int main(int argc, char** argv) {
  using namespace sage::bench;
  session bench(argc, argv, "");
  const std::string source = std::string(SAGE_SOURCE_DIR) + "/tests/bench/programs/ten_operators.cpp";
  const std::vector<std::string> command{SAGE_BENCH_CXX,
                                         "-std=c++20",
                                         "-O2",
                                         "-I" + std::string(SAGE_SOURCE_DIR) + "/libsage",
                                         "-I" + std::string(SAGE_BUILD_DIR) + "/generated/include",
                                         "-c",
                                         source,
                                         "-o",
                                         std::string(SAGE_BUILD_DIR) + "/ten_operators.o"};
  std::vector<double> cpu;
  for (std::size_t round = 0; round < bench.rounds(); ++round) {
    const child_usage used = run_child(command);
    check(used.exit_code == 0, "ten_operators.cpp compiles");
    cpu.push_back(used.cpu_s);
  }
  bench.at_most("CPU time of a file with ten operators", median(cpu), "s", 8);
  bench.note("the longest of " + std::to_string(cpu.size()), quantile(cpu, 1), "s");
  return bench.finish();
}
