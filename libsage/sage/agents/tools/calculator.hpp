/// The calculator that models need because they can't count.
#pragma once

#include <string_view>

#include "sage/agents/tools/tool.hpp"
#include "sage/base/result.hpp"

namespace sage::tools {

/// The value of an expression: numbers, + - * / % ^ (to the right), parentheses, pi, e, and abs, ceil, cos, exp,
/// floor, ln, log (to base 10), max, min, round, sin, sqrt, tan. Doubles; a result that isn't finite is an error. At
/// most 1,000 characters and 64 parentheses inside each other. O(characters).
[[nodiscard]] result<double> calculate(std::string_view expression);

/// The tool "calculator": {expression: string} -> the number as text.
[[nodiscard]] tool_ref calculator();

}  // namespace sage::tools
