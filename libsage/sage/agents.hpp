/// SAGE: agents, their models and tools.
#pragma once

#include "sage/agents/agent_operator.hpp"
#include "sage/agents/intents/by_examples.hpp"
#include "sage/agents/intents/by_model.hpp"
#include "sage/agents/intents/by_rules.hpp"
#include "sage/agents/tools/calculator.hpp"
#include "sage/agents/tools/coroutine_tool.hpp"
#include "sage/agents/tools/fetch_page.hpp"
#include "sage/agents/tools/read_file.hpp"
#include "sage/agents/tools/run_tool.hpp"
#include "sage/agents/tools/sql_query.hpp"
#include "sage/async.hpp"
