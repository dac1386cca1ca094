/// How much keyed state an operator may hold.
#pragma once

#include <cstddef>

namespace sage::state {

/// Of one instance of an operator, in bytes; 0 is without limit. Sizes are estimates: see value_bytes.
struct state_limits {
  std::size_t bytes_per_key_max = 0;
  std::size_t bytes_max = 0;  ///< in memory, of `process` and its kin; of others what is on disk as well

  [[nodiscard]] bool has_any() const noexcept { return bytes_per_key_max > 0 || bytes_max > 0; }
};

/// Throws errc::limit when a key or all of them would take more than they may.
void check_bytes(const state_limits& limits, std::size_t of_key, std::size_t in_all);

/// The bytes that an operator holds, counted where they are limited.
class byte_account {
 public:
  explicit byte_account(const state_limits& limits) noexcept : limits_(limits) {}

  [[nodiscard]] bool is_limited() const noexcept { return limits_.has_any(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Replaces `before` bytes by `after`, which make up `of_key` of one key. Throws errc::limit, and changes nothing,
  /// when that is more than may be held.
  void change(std::size_t before, std::size_t after, std::size_t of_key);
  /// Throws as `change(0, more, of_key)` would.
  void check_room(std::size_t more, std::size_t of_key) const { check_bytes(limits_, of_key, bytes_ + more); }
  void give_back(std::size_t bytes) noexcept { bytes_ -= bytes; }

 private:
  state_limits limits_;
  std::size_t bytes_ = 0;
};

}  // namespace sage::state
