/// SAGE: pipelines behind HTTP.
#pragma once

#include "sage/agents/answer_stream.hpp"
#include "sage/serving/callers_file.hpp"
#include "sage/serving/chat/chat_server.hpp"
#include "sage/serving/chat/reply.hpp"
#include "sage/serving/json/json_server.hpp"
