/// Which models a run may ask, as its options and the environment say.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sage/app/app.hpp"
#include "sage/llm/endpoint.hpp"

namespace ask {

/// Where models are reached; nothing where there is none.
struct model_settings {
  std::optional<sage::model_endpoint> chat;
  std::optional<sage::model_endpoint> embedding;
};

/// Declares --model-url, --model, --model-dialect, --embedding-url and --embedding-model.
void declare_model_options(sage::app& app);

/// Reads them. `variables` are the environment's that begin with SAGE_: SAGE_API_KEY is the key of the models,
/// SAGE_EMBEDDING_API_KEY that of the embedding model when it is another one. SAGE_API_KEY goes to the host of the
/// chat model and to no other; without a chat model, to that of the embedding model. `kept_model` stands in for
/// --embedding-model: the one that has made the vectors of a kept index.
///
/// Fails  errc::configuration for half of a pair, and for an address that can't be meant
[[nodiscard]] model_settings read_model_settings(const sage::options& given,
                                                 const std::map<std::string, std::string>& variables,
                                                 const std::string& kept_model = {});

}  // namespace ask
