/// SAGE: agents, their models and tools.
#pragma once

#include "sage/agents/agent_operator.hpp"
#include "sage/agents/intents/by_examples.hpp"
#include "sage/agents/intents/by_model.hpp"
#include "sage/agents/intents/by_rules.hpp"
#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/join.hpp"
