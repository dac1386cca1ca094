/// How a model fails.
#pragma once

#include <string>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/llm/provider_error.hpp"

namespace sage::llm {

/// An error of a model, with what its wrappers need to know: whether another try may help, and when.
class model_error : public error {
 public:
  model_error(provider_error details, std::string where)
      : error(details.to_error(std::move(where))), details_(std::move(details)) {}
  [[nodiscard]] const provider_error& details() const noexcept { return details_; }

 private:
  provider_error details_;
};

}  // namespace sage::llm
