/// A record that was given up on, kept with its cause.
#pragma once

#include <cstdint>
#include <string>

#include "sage/base/event_time.hpp"

namespace sage {

/// What `env.dead_letters()` delivers: enough to see what failed, where and why, and to try it again.
struct dead_letter {
  std::string operator_name;
  std::uint32_t instance = 0;
  std::uint32_t attempts = 0;  ///< how often the function was called on it
  std::string error;           ///< what it threw the last time
  std::string record_type;     ///< as C++ spells it
  std::string record;          ///< the record as JSON, where its type can be shown; otherwise empty
  std::string uid;             ///< of the operator
  std::uint32_t input = 0;     ///< of the operator: which of its streams brought the record
  event_time time = no_event_time;
  std::string traceparent;  ///< of the request it belonged to; otherwise empty
  std::string packed;       ///< the record as MessagePack, where its type can be encoded; secrets are left out
  bool returns = false;     ///< whether `packed` is all of it, so that it can go back into the operator
};

}  // namespace sage
