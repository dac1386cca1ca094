/// SAGE: streams and files. What a program with a pipeline includes.
#pragma once

#include "sage/api/connected_streams.hpp"
#include "sage/api/environment.hpp"
#include "sage/api/joined_streams.hpp"
#include "sage/api/keyed_stream.hpp"
#include "sage/api/pattern_stream.hpp"
#include "sage/api/routed_stream.hpp"
#include "sage/api/time_utilities.hpp"
#include "sage/connectors/file/file.hpp"
#include "sage/connectors/memory/iterators.hpp"
#include "sage/connectors/memory/sinks.hpp"
#include "sage/connectors/memory/sources.hpp"
#include "sage/model/item_scope.hpp"
