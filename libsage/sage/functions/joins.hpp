/// Joins: which records meet, which leave alone, and how much may be kept waiting.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sage {

/// What becomes of records that meet nobody.
enum class join_kind : std::uint8_t {
  inner,        ///< they leave no trace
  left_outer,   ///< those of the first stream leave alone
  right_outer,  ///< those of the second stream do
  full_outer,   ///< both do
};

/// What one instance of a join may keep. A record beyond that follows the error policy, with errc::limit.
struct join_limits {
  std::size_t records_max = 16u << 20;        ///< of both streams together
  std::size_t records_per_key_max = 100'000;  ///< of one stream
};

}  // namespace sage
