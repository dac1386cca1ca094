/// SAGE: what coroutines of async operators and agents wait for.
#pragma once

#include "sage/functions/tasks/async_function.hpp"
#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/emitter.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/operators/async_options.hpp"
