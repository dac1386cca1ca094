/// Which model answers, from the options: a provider's, or the stand-in.
#pragma once

#include <memory>
#include <string>

#include <sage/app.hpp>

#include "sage/llm/models/wrappers.hpp"
#include "sage/model/secret.hpp"

namespace agent_service {

/// Declares --model-url, --model and --model-dialect, --embedding-url and --embedding-model.
void declare_model_options(sage::app& app);

/// Throws errc::configuration for options that contradict each other or can't be meant. Nothing is contacted.
void check_model_options(const sage::options& given);

/// The stand-in without --model-url. Else the provider's model, with retries and behind the endpoint's limiter. `key`
/// is what it is shown; empty for servers that want none.
[[nodiscard]] sage::chat_model_ref make_model(const sage::options& given, const sage::secret<std::string>& key);

/// The model behind /v1/embeddings, with retries; null without --embedding-url. `key` is that of --model-url's host,
/// and goes to no other: `embedding_key` does.
[[nodiscard]] std::shared_ptr<sage::embedding_model> make_embedding_model(
    const sage::options& given, const sage::secret<std::string>& key, const sage::secret<std::string>& embedding_key);

}  // namespace agent_service
