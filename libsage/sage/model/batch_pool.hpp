/// Recycles the memory of batches and byte blocks, so that a running job hardly allocates.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sage/base/ref.hpp"
#include "sage/base/spin_lock.hpp"

namespace sage {

/// A free list of memory blocks by power-of-two size. One per job, shared by its instances; counted, because a
/// batch may outlive the job that made it (in a mailbox that CAF drops late). Thread-safe; one short lock per
/// batch, never per record. Keeps at most `retained_bytes_max` for reuse and returns the rest to the allocator.
class batch_pool {
 public:
  /// Big enough for the batches in flight of a wide job, small beside the 64 MB a job may use.
  static constexpr std::size_t retained_bytes_max = 16u << 20;
  static constexpr std::size_t block_bytes_min = 256;
  static constexpr std::size_t block_bytes_max = 4u << 20;  ///< larger blocks go straight to the allocator

  [[nodiscard]] static ref<batch_pool> make() { return ref<batch_pool>::adopt(new batch_pool); }

  /// Returns a block of at least `bytes`; `bytes` becomes what it really holds. Aligned for any ordinary type.
  [[nodiscard]] void* take(std::size_t& bytes);
  /// How many bytes a block for `bytes` really holds.
  [[nodiscard]] static std::size_t block_bytes(std::size_t bytes) noexcept;
  /// Takes back a block of exactly the size that `take` reported.
  void give(void* block, std::size_t bytes) noexcept;

  /// How many blocks came from the allocator since the start: the figure that must stay flat in a running job.
  [[nodiscard]] std::uint64_t allocations() const noexcept { return allocations_.load(std::memory_order_relaxed); }

  void acquire() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  struct free_block {
    free_block* next;
  };
  static constexpr std::size_t classes = 15;  // 256 B << 14 = 4 MiB

  batch_pool() = default;
  ~batch_pool();

  std::atomic<std::uint32_t> owners_{1};
  std::atomic<std::uint64_t> allocations_{0};
  spin_lock lock_;
  std::size_t retained_bytes_ = 0;
  std::array<free_block*, classes> free_{};
};

}  // namespace sage
