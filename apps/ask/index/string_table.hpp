/// Gives strings dense numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ask {

/// A set of strings, numbered from 0 in the order of their first insertion. Strings lie one behind the other in one
/// buffer: about 20 bytes per string beyond its own. Open addressing with linear probing. Movable and copyable.
class string_table {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// The number of `text`, which is added if it is new. O(length) amortized.
  std::uint32_t insert(std::string_view text);

  /// The number of `text`, or `none`. O(length).
  [[nodiscard]] std::uint32_t find(std::string_view text) const noexcept;

  /// The string with number `id`; valid until the next insertion.
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const noexcept {
    return std::string_view(bytes_).substr(ends_[id], ends_[id + 1] - ends_[id]);
  }

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(ends_.size() - 1); }

 private:
  /// The hash beside the number: nearly every miss is seen without looking at another string.
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t number_plus_one = 0;  ///< 0 when free
  };

  [[nodiscard]] std::size_t slot_of(std::string_view text, std::uint32_t hash) const noexcept;
  void grow();

  std::string bytes_;
  std::vector<std::size_t> ends_{0};
  std::vector<slot> slots_;  ///< the size is a power of two
};

}  // namespace ask
