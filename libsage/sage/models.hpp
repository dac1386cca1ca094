/// SAGE: models of providers, and the models that stand in front of them.
#pragma once

#include "sage/llm/byte_pair_tokenizer.hpp"
#include "sage/llm/models/batching_embedding_model.hpp"
#include "sage/llm/models/http_chat_model.hpp"
#include "sage/llm/models/http_embedding_model.hpp"
#include "sage/llm/models/model_error.hpp"
#include "sage/llm/models/retrying_embedding_model.hpp"
#include "sage/llm/models/wrappers.hpp"
