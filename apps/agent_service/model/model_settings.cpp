#include "agent_service/model/model_settings.hpp"

#include <memory>
#include <utility>

#include "agent_service/model/stand_in_model.hpp"
#include "sage/base/error.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/llm/models/http_chat_model.hpp"

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

}  // namespace

void declare_model_options(sage::app& app) {
  app.option<std::string>("model-url", "where a language model is served; without, rules stand in")
      .shown_as("URL")
      .fallback("");
  app.option<std::string>("model", "the model to ask there").shown_as("NAME").fallback("");
  app.option<std::string>("model-dialect", "what is spoken there")
      .choices({"openai", "anthropic"})
      .fallback("openai");
}

void check_model_options(const sage::options& given) {
  const bool has_url = !given.get<std::string>("model-url").empty();
  const bool has_name = !given.get<std::string>("model").empty();
  if (has_url != has_name) {
    throw sage::error(sage::errc::configuration,
                      has_url ? "--model-url without --model" : "--model without --model-url", {},
                      "give both, or neither for the stand-in");
  }
  if (has_url) sage::check_endpoint(endpoint_of(given, {})).value();
}

sage::chat_model_ref make_model(const sage::options& given, const sage::secret<std::string>& key) {
  if (given.get<std::string>("model-url").empty()) return std::make_shared<stand_in_model>();
  auto client = std::make_shared<sage::llm::http_client>();
  auto provider = std::make_shared<sage::http_chat_model>(endpoint_of(given, key), std::move(client));
  auto gate = std::make_shared<sage::llm::endpoint_gate>(sage::llm::endpoint_limits{});
  return sage::limited_model(sage::retrying_model(std::move(provider)), std::move(gate),
                             std::make_shared<sage::llm::estimating_tokenizer>());
}

}  // namespace agent_service
