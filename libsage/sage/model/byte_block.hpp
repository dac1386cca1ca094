/// A counted block of bytes that records may view, kept alive by every batch whose records do.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sage/base/ref.hpp"
#include "sage/model/batch_pool.hpp"

namespace sage {

/// Bytes that were read once and are viewed by many records (`sage::slice`). Filled by one owner before it is
/// shared, immutable afterwards.
class byte_block {
 public:
  /// A block with room for at least `bytes_min` bytes from `pool`.
  [[nodiscard]] static ref<byte_block> make(const ref<batch_pool>& pool, std::size_t bytes_min);

  [[nodiscard]] char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] std::size_t capacity() const noexcept { return bytes_ - sizeof(byte_block); }

  void acquire() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

 private:
  byte_block(ref<batch_pool> pool, std::size_t bytes) : bytes_(bytes), pool_(std::move(pool)) {}
  void destroy() noexcept;

  std::atomic<std::uint32_t> owners_{1};
  std::size_t bytes_;
  ref<batch_pool> pool_;
};

/// A view into the block that its batch keeps alive: text without an allocation per record. Valid as long as the
/// batch it came in; a function that keeps one longer copies it into a `std::string`.
using slice = std::string_view;

}  // namespace sage
