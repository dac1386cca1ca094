/// An embedding model that tries again.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sage/llm/chat_model.hpp"
#include "sage/llm/limits/backoff.hpp"

namespace sage {

/// Calls `inner` again for what may succeed later, with jitter and as the provider's Retry-After says: what
/// retrying_model is for chats.
///
/// Fails  with the last try's error
class retrying_embedding_model final : public embedding_model {
 public:
  explicit retrying_embedding_model(std::shared_ptr<embedding_model> inner, llm::backoff_settings settings = {});

  task<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override;
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }

 private:
  std::shared_ptr<embedding_model> inner_;
  llm::backoff_settings settings_;
};

}  // namespace sage
