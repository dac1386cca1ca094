/// How a model fails.
#pragma once

#include <string>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/llm/provider_error.hpp"
#include "sage/model/item_end.hpp"

namespace sage::llm {

/// An error of a model, with what its wrappers need to know: whether another try may help, and when; and with what a
/// client is told of it.
class model_error : public error, public told_failure {
 public:
  model_error(provider_error details, std::string where)
      : error(details.to_error(std::move(where))), details_(std::move(details)) {}
  [[nodiscard]] const provider_error& details() const noexcept { return details_; }
  [[nodiscard]] item_failure told() const override { return details_.told(); }

 private:
  provider_error details_;
};

}  // namespace sage::llm
