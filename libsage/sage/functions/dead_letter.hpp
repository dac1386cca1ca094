/// A record that was given up on, kept with its cause.
#pragma once

#include <cstdint>
#include <string>

namespace sage {

/// What `env.dead_letters()` delivers: enough to see what failed, where and why.
struct dead_letter {
  std::string operator_name;
  std::uint32_t instance = 0;
  std::uint32_t attempts = 0;  ///< how often the function was called on it
  std::string error;           ///< what it threw the last time
  std::string record_type;     ///< as C++ spells it
  std::string record;          ///< the record as JSON, where its type can be shown; otherwise empty
};

}  // namespace sage
