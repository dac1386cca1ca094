/// One test body, every engine: what a pipeline test is run on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sage/sage.hpp"
#include "sage/state/rocksdb_backend.hpp"
#include "tests/catch.hpp"

namespace sage::test {

/// One way to run a pipeline.
struct variant {
  const char* engine = "reference";
  std::size_t parallelism = 1;
  std::size_t batch_size = 1024;
  bool fused = true;
  std::size_t rows_max = 0;  ///< keyed state on disk, with that many rows in memory; 0 is all in memory

  [[nodiscard]] std::string title() const {
    return std::string(engine) + ", parallelism " + std::to_string(parallelism) + ", batches of " +
           std::to_string(batch_size) + (fused ? "" : ", unfused") +
           (rows_max > 0 ? ", state on disk beyond " + std::to_string(rows_max) + " rows" : "");
  }
};

/// The environment of a variant. Windows are small, so that tests meet the ends of their credit.
inline std::unique_ptr<environment> make_environment(const variant& v) {
  environment_options options;
  options.parallelism = v.parallelism;
  options.batch_size = v.batch_size;
  options.flow.window_batches = 4;
  if (v.rows_max > 0) {
    options.state.place = state_place::rocksdb;
    options.state.rows_max = v.rows_max;
    options.state.memory_bytes = 8u << 20;
  }
  if (!v.fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
  if (std::string(v.engine) == "reference") return std::make_unique<reference_environment>(options);
  return std::make_unique<local_environment>(options, runtime::local_engine_options{.threads = 2});
}

/// Every engine, with parallelism 1-4 and batch sizes 1, 2, 7, 1024, fused and not; and with state on disk, so little
/// of it in memory that rows come and go all the time.
inline std::vector<variant> all_variants() {
  std::vector<variant> all;
  for (const char* engine : {"reference", "actors"}) {
    for (const std::size_t parallelism : {1, 2, 3, 4}) {
      for (const std::size_t batch_size : {1, 2, 7, 1024}) {
        for (const bool fused : {true, false}) all.push_back(variant{engine, parallelism, batch_size, fused});
      }
    }
  }
  if (state::has_rocksdb()) {
    all.push_back({"reference", 1, 7, true, 2});
    all.push_back({"reference", 3, 1024, false, 3});
    all.push_back({"actors", 2, 1, true, 2});
    all.push_back({"actors", 4, 1024, true, 5});
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
