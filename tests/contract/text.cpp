// Text: file -> clean -> filter -> generate -> sink.
#include <sage/sage.hpp>

namespace {

std::string clean(std::string line) {
  line.erase(line.find_last_not_of(" \t\r") + 1);
  return line;
}

sage::task<std::string> summarize(std::string text) {
  co_return text.substr(0, 20);
}

}  // namespace

void text() {
  sage::local_environment env;
  env.from_source(sage::file::lines("input.txt"))
      .map(clean)
      .filter([](const std::string& s) { return s.size() > 10; })
      .async_map(summarize, {.capacity = 32})
      .sink(sage::file::lines_sink("out.txt"));
  sage::job_result done = env.execute("summaries");
}
