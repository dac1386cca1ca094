#include "ask/models/model_settings.hpp"

#include <string_view>
#include <utility>

#include "sage/base/error.hpp"

namespace ask {

namespace {

/// "https://host:port" of a URL.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

std::string key_of(const std::map<std::string, std::string>& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

sage::error half(const std::string& given, const std::string& missing) {
  return {sage::errc::configuration, "is given without " + missing, given, "give both, or none"};
}

sage::model_endpoint endpoint_of(const std::string& url, const std::string& model, std::string key,
                                 sage::model_dialect dialect, const char* option) {
  sage::model_endpoint made;
  made.base_url = url;
  made.model = model;
  made.dialect = dialect;
  made.key = sage::secret<std::string>(std::move(key));
  made.old_output_limit = origin_of(url) != "https://api.openai.com";  // the others know the old name, if not both
  if (const auto valid = sage::check_endpoint(made); !valid) throw valid.error().at(option);
  return made;
}

}  // namespace

void declare_model_options(sage::app& app) {
  app.option<std::string>("model-url", "base address of a chat model that writes answers (key: SAGE_API_KEY)")
      .shown_as("URL")
      .fallback("");
  app.option<std::string>("model", "name of the chat model").shown_as("NAME").fallback("");
  app.option<std::string>("model-dialect", "language of the chat model's provider")
      .choices({"openai", "anthropic"})
      .fallback("openai");
  app.option<std::string>("embedding-url", "base address of an embedding model (key: SAGE_EMBEDDING_API_KEY)")
      .shown_as("URL")
      .fallback("");
  app.option<std::string>("embedding-model", "name of the embedding model").shown_as("NAME").fallback("");
}

model_settings read_model_settings(const sage::options& given, const std::map<std::string, std::string>& variables,
                                   const std::string& kept_model) {
  model_settings read;
  const auto chat_url = given.get<std::string>("model-url");
  const auto chat = given.get<std::string>("model");
  if (chat_url.empty() != chat.empty()) {
    throw chat.empty() ? half("--model-url", "--model") : half("--model", "--model-url");
  }
  const auto key = key_of(variables, "SAGE_API_KEY");
  if (!chat_url.empty()) {
    const bool is_anthropic = given.get<std::string>("model-dialect") == "anthropic";
    const auto dialect = is_anthropic ? sage::model_dialect::anthropic : sage::model_dialect::openai;
    read.chat = endpoint_of(chat_url, chat, key, dialect, "--model-url");
  }
  const auto embedding_url = given.get<std::string>("embedding-url");
  auto embedding = given.get<std::string>("embedding-model");
  if (embedding.empty()) embedding = kept_model;
  if (embedding_url.empty() && given.is_given("embedding-model")) throw half("--embedding-model", "--embedding-url");
  if (embedding_url.empty()) return read;
  if (embedding.empty()) throw half("--embedding-url", "--embedding-model");
  auto embedding_key = key_of(variables, "SAGE_EMBEDDING_API_KEY");
  const bool is_same_host = chat_url.empty() || origin_of(chat_url) == origin_of(embedding_url);
  if (embedding_key.empty() && is_same_host) embedding_key = key;
  read.embedding =
      endpoint_of(embedding_url, embedding, std::move(embedding_key), sage::model_dialect::openai, "--embedding-url");
  return read;
}

}  // namespace ask
