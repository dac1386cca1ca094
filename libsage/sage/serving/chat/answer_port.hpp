/// The requester's end of a request, for sinks that answer.
#pragma once

#include "sage/llm/answer_part.hpp"
#include "sage/model/item_scope.hpp"

namespace sage::serving {

/// A reply port that takes answers piece by piece. Thread-safe.
class answer_port : public reply_port {
 public:
  /// The next piece. The one that is `done` ends the answer; its caller has claimed it.
  virtual void on_part(const answer_part& part) = 0;
};

}  // namespace sage::serving
