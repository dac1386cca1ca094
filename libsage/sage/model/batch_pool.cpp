#include "sage/model/batch_pool.hpp"

#include <bit>
#include <mutex>
#include <new>

namespace sage {

namespace {

// The class of a block is the position of its highest bit above the smallest size.
std::size_t class_of(std::size_t bytes) {
  return static_cast<std::size_t>(std::bit_width((bytes - 1) / batch_pool::block_bytes_min));
}

}  // namespace

batch_pool::~batch_pool() {
  for (free_block* head : free_) {
    while (head) {
      free_block* next = head->next;
      ::operator delete(head);
      head = next;
    }
  }
}

std::size_t batch_pool::block_bytes(std::size_t bytes) noexcept {
  if (bytes < block_bytes_min) return block_bytes_min;
  return bytes <= block_bytes_max ? block_bytes_min << class_of(bytes) : bytes;
}

void* batch_pool::take(std::size_t& bytes) {
  bytes = block_bytes(bytes);
  if (bytes <= block_bytes_max) {
    const std::size_t index = class_of(bytes);
    const std::lock_guard guard(lock_);
    if (free_block* block = free_[index]) {
      free_[index] = block->next;
      retained_bytes_ -= bytes;
      return block;
    }
  }
  allocations_.fetch_add(1, std::memory_order_relaxed);
  return ::operator new(bytes);
}

void batch_pool::give(void* block, std::size_t bytes) noexcept {
  if (bytes <= block_bytes_max) {
    const std::lock_guard guard(lock_);
    if (retained_bytes_ + bytes <= retained_bytes_max) {
      auto* head = static_cast<free_block*>(block);
      const std::size_t index = class_of(bytes);
      head->next = free_[index];
      free_[index] = head;
      retained_bytes_ += bytes;
      return;
    }
  }
  ::operator delete(block);
}

}  // namespace sage
