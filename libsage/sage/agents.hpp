/// SAGE: agents, their models and tools.
#pragma once

#include "sage/agents/agent_operator.hpp"
#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/join.hpp"
