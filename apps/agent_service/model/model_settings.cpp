#include "agent_service/model/model_settings.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "agent_service/model/stand_in_model.hpp"
#include "sage/base/error.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/llm/models/http_chat_model.hpp"
#include "sage/llm/models/http_embedding_model.hpp"
#include "sage/llm/models/retrying_embedding_model.hpp"

namespace agent_service {

namespace {

sage::model_endpoint endpoint_of(const sage::options& given, const sage::secret<std::string>& key) {
  sage::model_endpoint made;
  made.base_url = given.get<std::string>("model-url");
  made.model = given.get<std::string>("model");
  made.key = key;
  const bool is_anthropic = given.get<std::string>("model-dialect") == "anthropic";
  made.dialect = is_anthropic ? sage::model_dialect::anthropic : sage::model_dialect::openai;
  return made;
}

/// "https://host:port" of a URL.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(0, url.find_first_of("/?#", scheme + 3));
}

sage::model_endpoint embedding_endpoint_of(const sage::options& given, const sage::secret<std::string>& key) {
  sage::model_endpoint made;
  made.base_url = given.get<std::string>("embedding-url");
  made.model = given.get<std::string>("embedding-model");
  made.key = key;
  return made;
}

// Both or neither; returns whether both are there.
bool check_pair(const sage::options& given, const std::string& url, const std::string& model,
                const std::string& otherwise) {
  const bool has_url = !given.get<std::string>(url).empty();
  const bool has_name = !given.get<std::string>(model).empty();
  if (has_url != has_name) {
    throw sage::error(sage::errc::configuration,
                      has_url ? "--" + url + " without --" + model : "--" + model + " without --" + url, {},
                      "give both, or neither " + otherwise);
  }
  return has_url;
}

}  // namespace

void declare_model_options(sage::app& app) {
  app.option<std::string>("model-url", "where a language model is served; without, rules stand in")
      .shown_as("URL")
      .fallback("");
  app.option<std::string>("model", "the model to ask there").shown_as("NAME").fallback("");
  app.option<std::string>("model-dialect", "what is spoken there")
      .choices({"openai", "anthropic"})
      .fallback("openai");
  app.option<std::string>("embedding-url", "where an embedding model is served (key: SAGE_EMBEDDING_API_KEY)")
      .shown_as("URL")
      .fallback("");
  app.option<std::string>("embedding-model", "the embedding model to ask there, for /v1/embeddings")
      .shown_as("NAME")
      .fallback("");
}

void check_model_options(const sage::options& given) {
  if (check_pair(given, "model-url", "model", "for the stand-in"))
    sage::check_endpoint(endpoint_of(given, {})).value();
  if (check_pair(given, "embedding-url", "embedding-model", "for a service without embeddings")) {
    sage::check_endpoint(embedding_endpoint_of(given, {})).value();
  }
}

sage::chat_model_ref make_model(const sage::options& given, const sage::secret<std::string>& key) {
  if (given.get<std::string>("model-url").empty()) return std::make_shared<stand_in_model>();
  auto client = std::make_shared<sage::llm::http_client>();
  auto provider = std::make_shared<sage::http_chat_model>(endpoint_of(given, key), std::move(client));
  auto gate = std::make_shared<sage::llm::endpoint_gate>(sage::llm::endpoint_limits{});
  return sage::limited_model(sage::retrying_model(std::move(provider)), std::move(gate),
                             std::make_shared<sage::llm::estimating_tokenizer>());
}

std::shared_ptr<sage::embedding_model> make_embedding_model(const sage::options& given,
                                                            const sage::secret<std::string>& key,
                                                            const sage::secret<std::string>& embedding_key) {
  const auto url = given.get<std::string>("embedding-url");
  if (url.empty()) return nullptr;
  const auto chat_url = given.get<std::string>("model-url");
  const bool is_same_host = chat_url.empty() || origin_of(chat_url) == origin_of(url);
  const bool has_own = !embedding_key.reveal().empty();
  const sage::secret<std::string> shown = has_own ? embedding_key : is_same_host ? key : sage::secret<std::string>();
  auto provider = std::make_shared<sage::http_embedding_model>(embedding_endpoint_of(given, shown),
                                                               std::make_shared<sage::llm::http_client>());
  return std::make_shared<sage::retrying_embedding_model>(std::move(provider));
}

}  // namespace agent_service
