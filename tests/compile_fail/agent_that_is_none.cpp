// expect-error: agent_operator\(
// An agent takes its self and a record.
#include <string>

#include <sage/agents.hpp>
#include <sage/sage.hpp>

struct note {
  int count = 0;
};
sage::task<std::string> agent(sage::agent<note>&, std::string in) {
  co_return in;
}
sage::task<std::string> plain(std::string in) {
  co_return in;
}

void run(sage::data_stream<std::string> lines) {
  auto keyed = lines.key_by([](const std::string& line) { return line.size(); });
#ifdef FIXED
  keyed.transform("agent", sage::agent_operator(agent)).sink(sage::discard());
#else
  keyed.transform("agent", sage::agent_operator(plain)).sink(sage::discard());
#endif
}
