// Text: file -> clean -> filter -> sink.
#include <sage/sage.hpp>

namespace {

std::string clean(std::string line) {
  line.erase(line.find_last_not_of(" \t\r") + 1);
  return line;
}

}  // namespace

void text() {
  sage::local_environment env;
  env.from_source(sage::file::lines("input.txt"))
      .map(clean)
      .filter([](const std::string& s) { return s.size() > 10; })
      .sink(sage::file::lines_sink("out.txt"));
  sage::job_result done = env.execute("summaries");
}
