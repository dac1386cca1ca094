#include "sage/testing/conformance.hpp"

namespace sage::testing {

std::string conformance_run::title() const {
  std::string text = "batches of " + std::to_string(input_batch) + " in, " + std::to_string(output_batch) + " out" +
                     (shared ? ", shared" : "");
  if (refused_at) text += ", emission " + std::to_string(*refused_at) + " refused";
  if (refused_all) text += ", every emission refused";
  return text;
}

void report_deviation(const std::string& what) {
  throw error(errc::user_function, "the operator does not conform: " + what, "conformance",
              "its results must not depend on how the input is cut, shared or held up");
}

}  // namespace sage::testing
