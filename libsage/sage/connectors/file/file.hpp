/// Files as sources and sinks: what `sage::file` offers.
#pragma once

#include "sage/connectors/file/csv.hpp"
#include "sage/connectors/file/documents.hpp"
#include "sage/connectors/file/json_lines.hpp"
#include "sage/connectors/file/lines.hpp"
#include "sage/connectors/file/lines_sink.hpp"
#include "sage/connectors/file/text_sink.hpp"
