// expect-error: make_tool
// A tool is called from several threads at once: it can't change itself.
#include <string>

#include "sage/agents/tools/tool.hpp"

struct query {
  std::string text;
};
SAGE_DESCRIBE(query, text)

sage::tool_ref make() {
  int calls = 0;
#ifdef FIXED
  return sage::make_tool("t", "", [calls](const query& q) { return q.text + std::to_string(calls); });
#else
  return sage::make_tool("t", "", [calls](const query& q) mutable { return q.text + std::to_string(++calls); });
#endif
}
