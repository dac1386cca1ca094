#include "sage/model/byte_block.hpp"

#include <new>
#include <utility>

namespace sage {

ref<byte_block> byte_block::make(const ref<batch_pool>& pool, std::size_t bytes_min) {
  std::size_t bytes = sizeof(byte_block) + bytes_min;
  void* memory = pool->take(bytes);
  return ref<byte_block>::adopt(new (memory) byte_block(pool, bytes));
}

void byte_block::destroy() noexcept {
  const ref<batch_pool> pool = std::move(pool_);
  const std::size_t bytes = bytes_;
  this->~byte_block();
  pool->give(this, bytes);
}

}  // namespace sage
