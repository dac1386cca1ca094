/// One test body, every engine: what a pipeline test is run on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sage/sage.hpp"
#include "tests/catch.hpp"

namespace sage::test {

/// One way to run a pipeline.
struct variant {
  const char* engine = "reference";
  std::size_t parallelism = 1;
  std::size_t batch_size = 1024;
  bool fused = true;

  [[nodiscard]] std::string title() const {
    return std::string(engine) + ", parallelism " + std::to_string(parallelism) + ", batches of " +
           std::to_string(batch_size) + (fused ? "" : ", unfused");
  }
};

/// The environment of a variant. Windows are small, so that tests meet the ends of their credit.
inline std::unique_ptr<environment> make_environment(const variant& v) {
  environment_options options;
  options.parallelism = v.parallelism;
  options.batch_size = v.batch_size;
  options.flow.window_batches = 4;
  if (!v.fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
  if (std::string(v.engine) == "reference") return std::make_unique<reference_environment>(options);
  return std::make_unique<local_environment>(options, runtime::local_engine_options{.threads = 2});
}

/// Every engine, with parallelism 1-4 and batch sizes 1, 2, 7, 1024, fused and not.
inline std::vector<variant> all_variants() {
  std::vector<variant> all;
  for (const char* engine : {"reference", "actors"}) {
    for (const std::size_t parallelism : {1, 2, 3, 4}) {
      for (const std::size_t batch_size : {1, 2, 7, 1024}) {
        for (const bool fused : {true, false}) all.push_back(variant{engine, parallelism, batch_size, fused});
      }
    }
  }
  return all;
}

/// Runs `body` with the environment of each variant. A failure names the variant.
inline void on_every_engine(const std::function<void(environment&)>& body) {
  for (const variant& v : all_variants()) {
    INFO(v.title());
    const auto env = make_environment(v);
    body(*env);
  }
}

/// The records of `out` in a defined order: several instances deliver in any.
template <class T>
std::vector<T> sorted(const collected<T>& out) {
  std::vector<T> records = out.records();
  std::sort(records.begin(), records.end());
  return records;
}

}  // namespace sage::test
