/// The models of a run, made when they are first needed.
#pragma once

#include <memory>
#include <mutex>

#include "ask/models/model_settings.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/http/http_client.hpp"

namespace ask {

/// Opens nothing before somebody asks for a model: showing the plan of a pipeline asks for none. Failed calls are
/// made again where that may help. Thread-safe.
class models {
 public:
  explicit models(model_settings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] const model_settings& settings() const noexcept { return settings_; }

  /// The model that settings().chat names; errc::configuration when it names none.
  [[nodiscard]] std::shared_ptr<sage::chat_model> chat();
  /// The same of settings().embedding.
  [[nodiscard]] std::shared_ptr<sage::embedding_model> embedding();

 private:
  [[nodiscard]] std::shared_ptr<sage::llm::http_client> client();

  model_settings settings_;
  std::mutex mutex_;
  std::shared_ptr<sage::llm::http_client> client_;
  std::shared_ptr<sage::chat_model> chat_;
  std::shared_ptr<sage::embedding_model> embedding_;
};

}  // namespace ask
