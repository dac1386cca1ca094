/// Takes an operator out of a pipeline: what a call on a stream declares, as a maker for harness and conformance.
#pragma once

#include <utility>

#include "sage/api/environment.hpp"
#include "sage/api/keyed_stream.hpp"
#include "sage/api/routed_stream.hpp"
#include "sage/testing/scripted_source.hpp"

namespace sage::testing {

/// Makes the operator of one node, as often as it is called.
class declared_operator {
 public:
  explicit declared_operator(const graph::node& n) : make_(n.make), options_(n.options) {}
  [[nodiscard]] operators::operator_ptr operator()() const { return make_(options_); }
  /// Makes it as a job does that keeps state on disk: for a harness whose options name a `state`.
  declared_operator&& spilling(bool spills = true) && {
    options_.spills = spills;
    return std::move(*this);
  }

 private:
  graph::operator_factory make_;
  graph::operator_options options_;
};

/// The last operator that `declare` puts behind a stream of `In`, with what was set on it:
/// `declared<int>([](auto numbers) { return numbers.map(parse).on_error(sage::drop); })`.
template <class In, class Declare>
[[nodiscard]] declared_operator declared(Declare&& declare) {
  reference_environment env;
  const auto last = std::forward<Declare>(declare)(env.from_source(scripted_source<In>()));
  return declared_operator(last.origin().at());
}

}  // namespace sage::testing
