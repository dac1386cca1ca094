/// Which model answers, from the options: a provider's, or the stand-in.
#pragma once

#include <string>

#include <sage/app.hpp>

#include "sage/llm/models/wrappers.hpp"
#include "sage/model/secret.hpp"

namespace agent_service {

/// Declares --model-url, --model and --model-dialect.
void declare_model_options(sage::app& app);

/// Throws errc::configuration for options that contradict each other or can't be meant. Nothing is contacted.
void check_model_options(const sage::options& given);

/// The stand-in without --model-url. Else the provider's model, with retries and behind the endpoint's limiter. `key`
/// is what it is shown; empty for servers that want none.
[[nodiscard]] sage::chat_model_ref make_model(const sage::options& given, const sage::secret<std::string>& key);

}  // namespace agent_service
