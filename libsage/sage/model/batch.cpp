#include "sage/model/batch.hpp"

#include <algorithm>
#include <limits>

#include "sage/base/error.hpp"
#include "sage/model/item_scope.hpp"

namespace sage {

namespace {

// A record type is only known by its table here, so the header that a block starts with is built through this
// stand-in, which adds nothing to batch_base. batch<T> adds nothing either: same layout, typed accessors only.
class untyped_batch final : public batch_base {
 public:
  untyped_batch(ref<batch_pool> pool, const record_type& type, void* storage, std::size_t capacity,
                std::size_t block_bytes) noexcept
      : batch_base(std::move(pool), type, storage, capacity, block_bytes) {}
};
static_assert(sizeof(untyped_batch) == sizeof(batch_base));

}  // namespace

batch_base::batch_base(ref<batch_pool> pool, const record_type& type, void* storage, std::size_t capacity,
                       std::size_t block_bytes) noexcept
    : capacity_(static_cast<std::uint32_t>(capacity)),
      block_bytes_(block_bytes),
      type_(&type),
      storage_(storage),
      pool_(std::move(pool)) {}

batch_base::~batch_base() {
  drop_hashes();
  if (times_) pool_->give(times_, batch_pool::block_bytes(std::size_t{capacity_} * sizeof *times_));
  if (laps_) pool_->give(laps_, batch_pool::block_bytes(std::size_t{capacity_} * sizeof *laps_));
  if (!items_) return;
  drop_items();
  pool_->give(items_, batch_pool::block_bytes(std::size_t{capacity_} * sizeof *items_));
}

batch_ref batch_base::make(const ref<batch_pool>& pool, const record_type& type, std::size_t capacity) {
  const std::size_t alignment = std::max<std::size_t>(type.alignment, 16);
  const std::size_t header_bytes = (sizeof(batch_base) + alignment - 1) / alignment * alignment;
  if (alignment > 16)
    throw error(errc::unsupported, "a record aligned to more than 16 bytes", std::string(type.name));
  capacity = std::max<std::size_t>(capacity, 1);
  std::size_t bytes = header_bytes + capacity * type.size;
  void* block = pool->take(bytes);
  // The pool rounds up; the extra room is used as capacity only by those who ask for room().
  const std::size_t fits =
      std::min<std::size_t>((bytes - header_bytes) / type.size, std::numeric_limits<std::uint32_t>::max());
  return batch_ref::adopt(new (block) untyped_batch(pool, type, static_cast<char*>(block) + header_bytes,
                                                    std::max(capacity, fits), bytes));
}

void batch_base::destroy() noexcept {
  type_->destroy(*this);
  const ref<batch_pool> pool = pool_;
  const std::size_t bytes = block_bytes_;
  this->~batch_base();
  pool->give(this, bytes);
}

std::uint64_t batch_base::bytes() const noexcept {
  return type_->payload_bytes(*this) + (hashes_ ? size_ * sizeof *hashes_ : 0u) +
         (items_ ? size_ * sizeof *items_ : 0u) + (times_ ? size_ * sizeof *times_ : 0u) +
         (laps_ ? size_ * sizeof *laps_ : 0u);
}

std::uint64_t* batch_base::add_hashes(const key_tag& key) {
  key_ = key;
  if (!hashes_) {
    std::size_t bytes = std::size_t{capacity_} * sizeof *hashes_;
    hashes_ = static_cast<std::uint64_t*>(pool_->take(bytes));
  }
  return hashes_;
}

void batch_base::drop_hashes() noexcept {
  if (hashes_) pool_->give(hashes_, batch_pool::block_bytes(std::size_t{capacity_} * sizeof *hashes_));
  hashes_ = nullptr;
}

ref<item_scope>* batch_base::add_items() {
  if (!items_) {
    std::size_t bytes = std::size_t{capacity_} * sizeof *items_;
    items_ = static_cast<ref<item_scope>*>(pool_->take(bytes));
    std::uninitialized_default_construct_n(items_, capacity_);
  }
  return items_;
}

void batch_base::drop_items(std::size_t first) noexcept {
  if (!items_) return;
  for (std::size_t i = first; i < size_; ++i) items_[i].reset();
}

event_time* batch_base::add_times() {
  if (!times_) {
    std::size_t bytes = std::size_t{capacity_} * sizeof *times_;
    times_ = static_cast<event_time*>(pool_->take(bytes));
    std::fill_n(times_, size_, no_event_time);
  }
  return times_;
}

loop_mark* batch_base::add_laps() {
  if (!laps_) {
    std::size_t bytes = std::size_t{capacity_} * sizeof *laps_;
    laps_ = static_cast<loop_mark*>(pool_->take(bytes));
    std::uninitialized_fill_n(laps_, capacity_, loop_mark{});
  }
  return laps_;
}

void batch_base::retain(const ref<byte_block>& block) {
  // Records come block by block, so the newest is the only likely repeat.
  if (blocks_.empty() || !(blocks_.back() == block)) blocks_.push_back(block);
}

void batch_base::retain_blocks_of(const batch_base& other) {
  for (const ref<byte_block>& block : other.blocks_) retain(block);
}

void append_selected(batch_base& from, const std::uint32_t* positions, std::size_t count, batch_base& to) {
  SAGE_ASSERT(&from.type() == &to.type() && to.room() >= count);
  const std::size_t before = to.size();
  if (from.unique()) {
    from.type().move_selected(from, positions, count, to);
  } else {
    SAGE_ASSERT(from.type().copyable);
    from.type().copy_selected(from, positions, count, to);
  }
  if (const std::uint64_t* hashes = from.hashes(); hashes && (before == 0 || to.hashes_of(from.hashed_key()))) {
    std::uint64_t* target = to.add_hashes(from.hashed_key()) + before;
    for (std::size_t i = 0; i < count; ++i) target[i] = hashes[positions[i]];
  } else {
    to.drop_hashes();
  }
  if (ref<item_scope>* items = from.items()) {
    ref<item_scope>* target = to.add_items() + before;
    const bool consume = from.unique();
    for (std::size_t i = 0; i < count; ++i) {
      target[i] = consume ? std::move(items[positions[i]]) : items[positions[i]];
    }
  }
  if (const event_time* times = from.times()) {
    event_time* target = to.add_times() + before;
    for (std::size_t i = 0; i < count; ++i) target[i] = times[positions[i]];
  } else if (to.times()) {
    std::fill_n(to.times() + before, count, no_event_time);
  }
  if (const loop_mark* laps = from.laps()) {
    loop_mark* target = to.add_laps() + before;
    for (std::size_t i = 0; i < count; ++i) target[i] = laps[positions[i]];
  } else if (to.laps()) {
    std::fill_n(to.laps() + before, count, loop_mark{});
  }
  to.retain_blocks_of(from);
}

void carry_columns(batch_base& from, std::size_t begin, std::size_t count, batch_base& to, std::size_t at) {
  if (count == 0) return;
  SAGE_ASSERT(at + count <= to.size());
  if (const event_time* times = from.times()) {
    std::copy_n(times + begin, count, to.add_times() + at);
  } else if (to.times()) {
    std::fill_n(to.times() + at, count, no_event_time);
  }
  if (const loop_mark* laps = from.laps()) {
    std::copy_n(laps + begin, count, to.add_laps() + at);
  } else if (to.laps()) {
    std::fill_n(to.laps() + at, count, loop_mark{});
  }
  if (!from.items()) return;
  ref<item_scope>* const source = from.items() + begin;
  ref<item_scope>* const target = to.add_items() + at;
  const bool consume = from.unique();
  for (std::size_t i = 0; i < count; ++i) target[i] = consume ? std::move(source[i]) : source[i];
}

batch_ref select(batch_ref& from, const std::uint32_t* positions, std::size_t count) {
  batch_ref chosen = batch_base::make(from->pool(), from->type(), count);
  chosen->header = from->header;
  append_selected(*from, positions, count, *chosen);
  from.reset();
  return chosen;
}

}  // namespace sage
