#include "ask/models/models.hpp"

#include "sage/base/error.hpp"
#include "sage/llm/models/http_chat_model.hpp"
#include "sage/llm/models/http_embedding_model.hpp"
#include "sage/llm/models/retrying_embedding_model.hpp"
#include "sage/llm/models/wrappers.hpp"

namespace ask {

std::shared_ptr<sage::llm::http_client> models::client() {
  if (!client_) client_ = std::make_shared<sage::llm::http_client>();
  return client_;
}

std::shared_ptr<sage::chat_model> models::chat() {
  const std::lock_guard lock(mutex_);
  if (!settings_.chat) throw sage::error(sage::errc::configuration, "no chat model is named", "--model-url");
  if (!chat_) chat_ = sage::retrying_model(std::make_shared<sage::http_chat_model>(*settings_.chat, client()));
  return chat_;
}

std::shared_ptr<sage::embedding_model> models::embedding() {
  const std::lock_guard lock(mutex_);
  if (!settings_.embedding) {
    throw sage::error(sage::errc::configuration, "no embedding model is named", "--embedding-url");
  }
  if (!embedding_) {
    auto inner = std::make_shared<sage::http_embedding_model>(*settings_.embedding, client());
    embedding_ = std::make_shared<sage::retrying_embedding_model>(std::move(inner));
  }
  return embedding_;
}

}  // namespace ask
