/// An embedding model of a provider, over HTTP.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sage/llm/chat_model.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/llm/http/http_client.hpp"

namespace sage {

/// Sends the texts of one call together, at most `inputs_max` per request; more go in several requests, one after
/// another.
class http_embedding_model final : public embedding_model {
 public:
  static constexpr std::size_t inputs_max = 256;

  http_embedding_model(model_endpoint endpoint, std::shared_ptr<llm::http_client> client);

  task<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override;
  [[nodiscard]] std::string_view name() const noexcept override { return endpoint_.model; }

 private:
  model_endpoint endpoint_;
  std::shared_ptr<llm::http_client> client_;
};

}  // namespace sage
