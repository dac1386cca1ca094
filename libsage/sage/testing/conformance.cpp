#include "sage/testing/conformance.hpp"

namespace sage::testing {

std::string conformance_run::title() const {
  std::string text = "batches of " + std::to_string(input_batch) + " in, " + std::to_string(output_batch) + " out" +
                     (shared ? ", shared" : "") + (items ? ", with items" : "");
  if (refused_at) text += ", emission " + std::to_string(*refused_at) + " refused";
  if (refused_all) text += ", every emission refused";
  return text;
}

std::vector<ref<item_scope>> ask_some(const asked_requests& asked, std::size_t begin, std::size_t end) {
  std::vector<ref<item_scope>> items;
  for (std::size_t i = begin; i < end; ++i) items.push_back(asked.ask(i));
  return items;
}

std::vector<std::string> ends_of(const asked_requests& asked) {
  std::vector<std::string> ends;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const request_outcome told = asked.outcome(i);
    if (told.ends() != 1) {
      report_deviation("request " + std::to_string(i) + " has ended " + std::to_string(told.ends()) + " times");
    }
    ends.push_back(told.answers.empty() ? told.errors.front().message() : "answered: " + told.answers.front());
  }
  return ends;
}

void report_deviation(const std::string& what) {
  throw error(errc::user_function, "the operator does not conform: " + what, "conformance",
              "its results must not depend on how the input is cut, shared or held up");
}

}  // namespace sage::testing
