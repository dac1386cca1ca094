/// What somebody wants, as a label.
#pragma once

#include <string>

#include "sage/model/describe.hpp"

namespace sage {

/// A label and how sure whoever gave it is. An empty label is "none of them": routes take it as `otherwise()`.
///
///     requests.async_map(classify).route(&classified::label, {"order", "refund"})
struct intent {
  std::string label;
  double confidence = 0;  ///< 0 to 1
  friend bool operator==(const intent&, const intent&) = default;
};
SAGE_DESCRIBE(intent, label, confidence)

}  // namespace sage
