// An application outside the tree: whatever it includes must be installed. Grows with the public API: a pipeline
// belongs where `describe` is now.
#include <iostream>

#include <sage/base/error.hpp>
#include <sage/version.hpp>

static_assert(SAGE_VERSION == SAGE_VERSION_MAJOR * 10000 + SAGE_VERSION_MINOR * 100 + SAGE_VERSION_PATCH);

static std::string describe() {
  try {
    throw sage::error(sage::errc::not_found, "no such file", "input.txt", "check the path");
  } catch (const sage::error& problem) {
    return problem.what();
  }
}

int main() {
  const std::string text = describe();
  std::cout << "sage " << SAGE_VERSION_STRING << ": " << text << '\n';
  return text == "input.txt: no such file (check the path)" ? 0 : 1;
}
