/// Runs a stream script through an operator harness.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/testing/operator_harness.hpp"
#include "sage/testing/stream_script.hpp"

namespace sage::testing {

[[noreturn]] inline void refuse_record(const script_step& step, const std::string& why) {
  throw error(errc::parse, "'" + step.text + "' " + why, "script, column " + std::to_string(step.column));
}

/// How a record is read off a script. Numbers, texts and `key:value` pairs of them are known; specialise it for a
/// type of yours, or hand `run_script` a callable `T(const script_step&)`. Event times go into the batch's column.
template <class T>
struct script_record {
  static T read(const script_step& step) { return read_text(step.text, step); }
  static T read_text(std::string_view text, const script_step& step) {
    if constexpr (std::same_as<T, std::string>) {
      return std::string(text);
    } else {
      static_assert(std::is_arithmetic_v<T>, "specialise sage::testing::script_record for this record type");
      T number{};
      const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (problem != std::errc{} || stop != text.data() + text.size())
        refuse_record(step, "is no number of this type");
      return number;
    }
  }
};
template <class A, class B>
struct script_record<std::pair<A, B>> {
  static std::pair<A, B> read(const script_step& step) {
    const std::string_view text = step.text;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) refuse_record(step, "is no pair: write key:value");
    return {script_record<A>::read_text(text.substr(0, colon), step),
            script_record<B>::read_text(text.substr(colon + 1), step)};
  }
};

/// Feeds the script's batches, settles after each, and returns what this script has made the operator emit on its
/// main port, in order: `CHECK(run_script(h, "1 2 / 3 |") == std::vector{2, 4, 6})`. A sink returns nothing.
template <class In, class Out, class Read>
auto run_script(operator_harness<In, Out>& harness, std::string_view script, Read&& read) {
  std::size_t before = 0;
  if constexpr (!std::is_void_v<Out>) {
    for (const std::size_t size : harness.batch_sizes()) before += size;
  }
  std::vector<In> records;
  std::vector<event_time> times;
  bool timed = false;
  const auto feed = [&] {
    if (!std::exchange(timed, false)) times.clear();
    if (!records.empty()) harness.feed_timed(std::exchange(records, {}), times);
    times.clear();
    harness.settle();
  };
  for (const script_step& step : parse_script(script)) {
    if (step.what == script_step::kind::record) {
      records.push_back(read(step));
      times.push_back(step.time.value_or(no_event_time));
      timed = timed || step.time.has_value();
      continue;
    }
    feed();
    if (step.what == script_step::kind::watermark) harness.advance(*step.time);
    if (step.what == script_step::kind::end) harness.end();
  }
  feed();
  if constexpr (!std::is_void_v<Out>) {
    std::vector<Out> all = harness.records();
    return std::vector<Out>(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
  }
}
template <class In, class Out>
auto run_script(operator_harness<In, Out>& harness, std::string_view script) {
  return run_script(harness, script, [](const script_step& step) { return script_record<In>::read(step); });
}

}  // namespace sage::testing
