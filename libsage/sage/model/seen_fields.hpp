/// Which fields of a record a decoder has met, to find duplicates and absences.
#pragma once

#include <cstdint>
#include <vector>

#include "sage/model/field_codec.hpp"

namespace sage {

/// A set of field numbers without an allocation up to 64 of them.
class seen_fields {
 public:
  explicit seen_fields(const record_codec& codec) {
    if (codec.count > 64) more_.resize((codec.count - 1) / 64);
  }

  /// Adds `field`; false when it was there already.
  bool add(std::uint32_t field) noexcept {
    std::uint64_t& word = field < 64 ? first_ : more_[field / 64 - 1];
    const std::uint64_t bit = std::uint64_t{1} << (field % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    return true;
  }

  [[nodiscard]] bool has(std::uint32_t field) const noexcept {
    const std::uint64_t word = field < 64 ? first_ : more_[field / 64 - 1];
    return (word >> (field % 64) & 1) != 0;
  }

 private:
  std::uint64_t first_ = 0;
  std::vector<std::uint64_t> more_;
};

}  // namespace sage
