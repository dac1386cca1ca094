// expect-error: make_tool
// The parameters of a tool are a struct with SAGE_DESCRIBE: its schema comes from it.
#include <string>

#include "sage/agents/tools/tool.hpp"

struct query {
  std::string text;
};
#ifdef FIXED
SAGE_DESCRIBE(query, text)
#endif

sage::tool_ref make() {
  return sage::make_tool("t", "", [](const query& q) { return q.text; });
}
