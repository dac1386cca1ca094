/// Plans, batches and effects for tests of the runtime's state machines.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sage/runtime/effect.hpp"
#include "sage/runtime/instance.hpp"
#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

namespace sage::test {

inline const ref<batch_pool>& pool() {
  static const ref<batch_pool> shared = batch_pool::make();
  return shared;
}

/// A batch of the numbers from `first` on, with room for no more.
inline batch_ref numbers_batch(int first, std::size_t count) {
  auto made = batch<int>::make(pool(), count);
  for (std::size_t i = 0; i < count; ++i) made->emplace_back(first + static_cast<int>(i));
  return erase(std::move(made));
}
inline batch_ref texts_batch(std::vector<std::string> texts) {
  auto made = batch<std::string>::make(pool(), texts.size());
  for (std::string& text : texts) made->emplace_back(std::move(text));
  return erase(std::move(made));
}

/// The numbers that the effects send over `channel`, in order.
inline std::vector<int> sent_over(const runtime::effects& out, runtime::channel_id channel) {
  std::vector<int> all;
  for (const runtime::effect& e : out) {
    if (e.what != runtime::effect::kind::send || e.channel != channel) continue;
    const auto& records = batch_cast<int>(*e.records);
    all.insert(all.end(), records.begin(), records.end());
  }
  return all;
}
inline std::size_t count_of(const runtime::effects& out, runtime::effect::kind what) {
  return static_cast<std::size_t>(
      std::count_if(out.begin(), out.end(), [what](const runtime::effect& e) { return e.what == what; }));
}

/// The options of an environment that makes plans for tests: two cores, nothing fused unless asked for.
inline environment_options planning(bool fused = false) {
  environment_options options;
  options.cores = 2;
  options.batch_size = 8;
  if (!fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
  return options;
}

}  // namespace sage::test
