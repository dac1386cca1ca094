/// The durable dead-letter queue.
#pragma once

#include "sage/connectors/dead_letters/queue.hpp"
