/// Proves that an operator's results don't depend on how its input is cut, shared or held up.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/testing/asked_requests.hpp"
#include "sage/testing/operator_harness.hpp"

namespace sage::testing {

/// What `conformance` varies.
struct conformance_options {
  std::uint32_t ports = 1;                              ///< ordinary outputs of the operator
  bool items = false;                                   ///< every record belongs to a request of its own
  std::vector<std::size_t> batch_sizes{1, 2, 7, 1024};  ///< of the input, and of what the operator aims at
};

/// One way to run an operator.
struct conformance_run {
  std::size_t input_batch = 1024;
  std::size_t output_batch = 1024;
  bool shared = false;
  bool items = false;
  std::optional<std::size_t> refused_at;  ///< the emission that is refused
  bool refused_all = false;

  [[nodiscard]] std::string title() const;
};

/// How much was tried: for the test that wants to know that it was something.
struct conformance_report {
  std::size_t runs = 0;
  std::size_t refusals = 0;  ///< runs that refused one emission
};

/// Throws errc::user_function: what differed.
[[noreturn]] void report_deviation(const std::string& what);

/// All that comes out of one run.
template <class Out>
struct conformance_outcome {
  std::vector<std::vector<Out>> records;              ///< per port
  std::vector<std::string> dead_letters;              ///< record and cause
  std::vector<std::vector<std::string>> request_ids;  ///< per port
  std::vector<std::string> ends;                      ///< per request: what it was told
  operators::fate fates;
  std::size_t emissions = 0;
};
template <>
struct conformance_outcome<void> {
  std::vector<std::string> dead_letters;
  std::vector<std::vector<std::string>> request_ids;
  std::vector<std::string> ends;
  operators::fate fates;
  std::size_t emissions = 0;
};

/// The items of the requests from `begin` up to `end`.
[[nodiscard]] std::vector<ref<item_scope>> ask_some(const asked_requests& asked, std::size_t begin, std::size_t end);
/// What each of the requests was told. Throws errc::user_function for one that was not, or was more than once.
[[nodiscard]] std::vector<std::string> ends_of(const asked_requests& asked);

template <class In, class Out, class Make>
void drive_once(const Make& make, const std::vector<In>& records, const conformance_run& run, std::uint32_t ports,
                const asked_requests& asked, conformance_outcome<Out>& outcome) {
  operator_harness<In, Out> harness(make(), harness_options{.batch_size = run.output_batch, .ports = ports});
  if (run.refused_at) harness.refuse_at(*run.refused_at);
  harness.refuse_all(run.refused_all);
  for (std::size_t begin = 0; begin < records.size(); begin += run.input_batch) {
    const std::size_t end = std::min(begin + run.input_batch, records.size());
    std::vector<In> some(records.begin() + static_cast<std::ptrdiff_t>(begin),
                         records.begin() + static_cast<std::ptrdiff_t>(end));
    auto items = run.items ? ask_some(asked, begin, end) : std::vector<ref<item_scope>>();
    if (run.shared) {
      harness.feed_shared(some, items);
    } else {
      harness.feed(std::move(some), std::move(items));
    }
    harness.settle();
  }
  harness.finish();
  if constexpr (!std::is_void_v<Out>) {
    for (std::uint32_t port = 0; port < ports; ++port) outcome.records.push_back(harness.records(port));
  }
  for (const dead_letter& lost : harness.dead_letters())
    outcome.dead_letters.push_back(lost.record + ": " + lost.error);
  outcome.fates = harness.fates();
  for (std::uint32_t port = 0; port < ports; ++port) outcome.request_ids.push_back(harness.request_ids(port));
  outcome.emissions = harness.core().emissions().size();
}

template <class In, class Out, class Make>
conformance_outcome<Out> run_once(const Make& make, const std::vector<In>& records, const conformance_run& run,
                                  std::uint32_t ports) {
  const asked_requests asked;
  conformance_outcome<Out> outcome;
  drive_once<In, Out>(make, records, run, ports, asked, outcome);
  outcome.ends = ends_of(asked);  // now that nobody holds an item any more
  return outcome;
}

template <class Out>
void compare(const conformance_outcome<Out>& outcome, const conformance_outcome<Out>& wanted) {
  if constexpr (!std::is_void_v<Out>) {
    for (std::size_t port = 0; port < wanted.records.size(); ++port) {
      if (outcome.records[port] == wanted.records[port]) continue;
      const auto [ours, theirs] = std::mismatch(outcome.records[port].begin(), outcome.records[port].end(),
                                                wanted.records[port].begin(), wanted.records[port].end());
      static_cast<void>(theirs);
      report_deviation("port " + std::to_string(port) + " differs from record " +
                       std::to_string(ours - outcome.records[port].begin()) + " on (" +
                       std::to_string(outcome.records[port].size()) + " records, expected " +
                       std::to_string(wanted.records[port].size()) + ")");
    }
  }
  if (outcome.dead_letters != wanted.dead_letters) report_deviation("the dead letters differ");
  if (outcome.request_ids != wanted.request_ids) report_deviation("records came out with other items");
  if (outcome.ends != wanted.ends) report_deviation("the requests were told something else");
  if (outcome.fates.passed != wanted.fates.passed || outcome.fates.filtered != wanted.fates.filtered ||
      outcome.fates.dropped != wanted.fates.dropped || outcome.fates.dead != wanted.fates.dead) {
    report_deviation("the fates differ");
  }
}

/// Runs the operators that `make()` returns over `records`, in every combination of batch sizes, with batches of its
/// own and shared ones, with the output refusing each emission once and all of them. Records per port, dead letters
/// and fates must be the same as with one batch and no refusal, and the operator contract must hold in every run.
/// Throws errc::user_function for the first run that deviates.
///
/// For operators whose results may depend on how the input is cut (one that emits a sum per batch), this is no test.
///
/// Cost  (batch sizes)^2 x 2 x (emissions + 2) runs: some dozens of records are enough
template <class In, class Out, class Make>
conformance_report conformance(const Make& make, const std::vector<In>& records, conformance_options options = {}) {
  static_assert(std::copy_constructible<In>, "conformance runs the same records many times");
  conformance_report report;
  conformance_run run;
  run.items = options.items;
  run.input_batch = std::max<std::size_t>(records.size(), 1);
  const auto wanted = run_once<In, Out>(make, records, run, options.ports);
  const auto attempt = [&] {
    ++report.runs;
    try {
      auto outcome = run_once<In, Out>(make, records, run, options.ports);
      compare(outcome, wanted);
      return outcome.emissions;
    } catch (const error& problem) {
      throw error(problem.code(), problem.message() + ", with " + run.title(), problem.where(), problem.advice());
    }
  };
  for (const std::size_t input_batch : options.batch_sizes) {
    for (const std::size_t output_batch : options.batch_sizes) {
      for (const bool shared : {false, true}) {
        run = conformance_run{input_batch, output_batch, shared, options.items, std::nullopt, false};
        const std::size_t emissions = attempt();
        for (std::size_t i = 0; i < emissions; ++i) {
          run.refused_at = i;
          attempt();
          ++report.refusals;
        }
        run.refused_at.reset();
        run.refused_all = true;
        attempt();
      }
    }
  }
  return report;
}

}  // namespace sage::testing
