/// A test of a keyed operator with its state in memory, and again with so little memory that its rows come and go.
#pragma once

#include <memory>
#include <utility>

#include "sage/testing/declared.hpp"
#include "sage/testing/memory_state.hpp"
#include "sage/testing/operator_harness.hpp"
#include "tests/catch.hpp"

namespace sage::test {

/// Whether this run of the test case keeps state elsewhere: each test case that asks is run for both answers.
inline bool spills_now() {
  return GENERATE(false, true);
}

/// An operator_harness whose state is where `spills_now` says.
template <class In, class Out = In>
class both_states : public testing::operator_harness<In, Out> {
 public:
  explicit both_states(testing::declared_operator made, testing::harness_options options = {})
      : both_states(std::move(made), std::move(options), spills_now()) {}

 private:
  both_states(testing::declared_operator made, testing::harness_options options, bool spills)
      : testing::operator_harness<In, Out>(std::move(made).spilling(spills), placed(std::move(options), spills)) {}
  static testing::harness_options placed(testing::harness_options options, bool spills) {
    if (spills) options.state = std::make_shared<testing::memory_state>(2);
    return options;
  }
};

}  // namespace sage::test
