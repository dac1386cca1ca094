/// The unit of transfer: a counted, contiguous run of records of one type with optional columns.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/assert.hpp"
#include "sage/base/clock.hpp"
#include "sage/base/event_time.hpp"
#include "sage/base/ref.hpp"
#include "sage/model/batch_pool.hpp"
#include "sage/model/byte_block.hpp"
#include "sage/model/loop_mark.hpp"
#include "sage/model/record_type.hpp"

namespace sage {

class item_scope;

/// What travels with a batch: where it came from and when it was handed over.
struct batch_header {
  nanoseconds enqueued_at = 0;     ///< when the sender gave it away
  nanoseconds taken_at = 0;        ///< when the receiver began with it
  std::uint64_t epoch = 0;         ///< checkpoint epoch it belongs to
  std::uint32_t source_split = 0;  ///< split it was read from
  std::uint64_t position = 0;      ///< position in that split after its last record
};

/// Whose hashes a batch carries: names the key that they were computed of, so that nobody takes them for those of
/// another one. Equal tags mean equal hashes; the default tag equals none.
struct key_tag {
  const void* extractor = nullptr;         ///< stands for the type that extracts the key
  std::array<std::uint64_t, 2> content{};  ///< what the extractor consists of
  friend bool operator==(const key_tag& a, const key_tag& b) noexcept {
    return a.extractor != nullptr && a.extractor == b.extractor && a.content == b.content;
  }
};

/// The untyped part of every batch. Memory comes from a pool in one block: this header, then the records.
/// Counted; whoever holds the only share may change it in place.
class batch_base {
 public:
  batch_base(const batch_base&) = delete;
  batch_base& operator=(const batch_base&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }
  [[nodiscard]] const record_type& type() const noexcept { return *type_; }
  [[nodiscard]] const ref<batch_pool>& pool() const noexcept { return pool_; }
  /// Approximate bytes: records with what they own, and columns.
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  /// Whether the caller's share is the only one, so that it may edit in place.
  [[nodiscard]] bool unique() const noexcept { return owners_.load(std::memory_order_acquire) == 1; }

  batch_header header;

  /// The hashes of some key, one per record, or null when none were computed.
  [[nodiscard]] std::uint64_t* hashes() noexcept { return hashes_; }
  [[nodiscard]] const std::uint64_t* hashes() const noexcept { return hashes_; }
  /// The hashes of this key, or null.
  [[nodiscard]] const std::uint64_t* hashes_of(const key_tag& key) const noexcept {
    return hashes_ && key_ == key ? hashes_ : nullptr;
  }
  [[nodiscard]] const key_tag& hashed_key() const noexcept { return key_; }
  /// Makes room for one hash of `key` per record of the capacity; the caller fills the first `size()`.
  std::uint64_t* add_hashes(const key_tag& key = {});
  /// Forgets the hashes: the records' key changed.
  void drop_hashes() noexcept;

  /// The item that each record belongs to, or null for a record without; null when the batch carries no items. Of a
  /// shared batch they are only looked at. Who handles them includes sage/model/item_scope.hpp.
  [[nodiscard]] ref<item_scope>* items() noexcept { return items_; }
  [[nodiscard]] const ref<item_scope>* items() const noexcept { return items_; }
  /// Makes room for one item per record of the capacity, where there is none; null until the caller fills them in.
  ref<item_scope>* add_items();
  /// Lets go of the items of all records from `first` on.
  void drop_items(std::size_t first = 0) noexcept;

  /// The event time of each record, or null when the batch carries none; `no_event_time` for a record without.
  [[nodiscard]] event_time* times() noexcept { return times_; }
  [[nodiscard]] const event_time* times() const noexcept { return times_; }
  /// Makes room for one event time per record of the capacity, where there is none. Records that are there already
  /// have `no_event_time` until the caller fills theirs in; so must he do for every record he adds.
  event_time* add_times();

  /// How often each record went round its loop, or null outside of loops.
  [[nodiscard]] loop_mark* laps() noexcept { return laps_; }
  [[nodiscard]] const loop_mark* laps() const noexcept { return laps_; }
  /// As add_times; a record that is there already has gone round no loop.
  loop_mark* add_laps();

  /// Keeps `block` alive as long as this batch.
  void retain(const ref<byte_block>& block);
  /// Keeps alive whatever `other` keeps alive.
  void retain_blocks_of(const batch_base& other);
  [[nodiscard]] const std::vector<ref<byte_block>>& blocks() const noexcept { return blocks_; }

  void acquire() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

  /// A new, empty batch of `type` with room for at least `capacity` records.
  [[nodiscard]] static ref<batch_base> make(const ref<batch_pool>& pool, const record_type& type,
                                            std::size_t capacity);

  [[nodiscard]] void* storage() noexcept { return storage_; }
  [[nodiscard]] const void* storage() const noexcept { return storage_; }
  [[nodiscard]] const void* record_at(std::size_t position) const noexcept {
    return static_cast<const char*>(storage_) + position * type_->size;
  }
  /// Tells the batch how many records its storage holds. For those who construct or destroy records in place.
  void set_size(std::size_t size) noexcept { size_ = static_cast<std::uint32_t>(size); }

 protected:
  batch_base(ref<batch_pool> pool, const record_type& type, void* storage, std::size_t capacity,
             std::size_t block_bytes) noexcept;
  ~batch_base();

 private:
  void destroy() noexcept;

  std::atomic<std::uint32_t> owners_{1};
  std::uint32_t size_ = 0;
  std::uint32_t capacity_;
  std::size_t block_bytes_;
  const record_type* type_;
  void* storage_;
  std::uint64_t* hashes_ = nullptr;
  ref<item_scope>* items_ = nullptr;  // those behind size_ are null
  event_time* times_ = nullptr;
  loop_mark* laps_ = nullptr;
  key_tag key_;
  ref<batch_pool> pool_;
  std::vector<ref<byte_block>> blocks_;
};

using batch_ref = ref<batch_base>;

/// A batch of the `count` records of `from` at `positions`: moved out when the caller holds the only share, copied
/// otherwise. Columns, header and blocks come along. Gives the caller's share of `from` back.
[[nodiscard]] batch_ref select(batch_ref& from, const std::uint32_t* positions, std::size_t count);

/// Appends the records of `from` at `positions` to `to`, which has room and the same type; moves them when the
/// caller holds the only share of `from`, copies them otherwise. Columns and blocks come along.
void append_selected(batch_base& from, const std::uint32_t* positions, std::size_t count, batch_base& to);

/// Gives `count` records of `to`, from `at` on, the columns of those of `from` from `begin` on (all but hashes):
/// items are moved when the caller holds the only share of `from`, shared otherwise. The records must be there
/// already.
void carry_columns(batch_base& from, std::size_t begin, std::size_t count, batch_base& to, std::size_t at);

/// The typed face of a batch: a random-access range of `T` that grows up to its capacity.
///
/// Cost  emplace_back O(1), never allocates; the caller checks room()
template <class T>
class batch final : public batch_base {
 public:
  static_assert(std::is_nothrow_move_constructible_v<T>, "a record must be movable without throwing");
  using value_type = T;

  [[nodiscard]] static ref<batch> make(const ref<batch_pool>& pool, std::size_t capacity);

  [[nodiscard]] T* data() noexcept { return static_cast<T*>(storage()); }
  [[nodiscard]] const T* data() const noexcept { return static_cast<const T*>(storage()); }
  [[nodiscard]] T* begin() noexcept { return data(); }
  [[nodiscard]] T* end() noexcept { return data() + size(); }
  [[nodiscard]] const T* begin() const noexcept { return data(); }
  [[nodiscard]] const T* end() const noexcept { return data() + size(); }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }

  /// Constructs a record behind the last. Precondition: room() > 0.
  template <class... Args>
  T& emplace_back(Args&&... args) {
    T* made = ::new (static_cast<void*>(data() + size())) T(std::forward<Args>(args)...);
    set_size(size() + 1);
    return *made;
  }
  void push_back(T record) { emplace_back(std::move(record)); }

  /// Destroys the records from `size` on.
  void truncate(std::size_t size) noexcept {
    std::destroy(data() + size, end());
    if (items()) drop_items(size);
    set_size(size);
  }
};

/// Views an untyped batch as a batch of `T`. Precondition: it is one; asserted by comparing the type tables.
template <class T>
[[nodiscard]] batch<T>& batch_cast(batch_base& untyped) {
  SAGE_ASSERT(&untyped.type() == &record_type_of<T>());
  return static_cast<batch<T>&>(untyped);
}
template <class T>
[[nodiscard]] batch_ref erase(ref<batch<T>>&& typed) noexcept {
  // By detaching: a share that a parameter or temporary holds until the end of the caller's expression would make
  // the receiver believe that somebody else has the batch too.
  return batch_ref::adopt(typed.detach());
}

/// Whether records of `T` may view the byte blocks of their batch. True unless the type is known to own all it
/// says; specialise it for a type of yours that copies what it needs.
template <class T>
inline constexpr bool holds_views = !(std::is_arithmetic_v<T> || std::is_enum_v<T>);
template <class C, class A>
inline constexpr bool holds_views<std::basic_string<C, std::char_traits<C>, A>> = false;
template <class A, class B>
inline constexpr bool holds_views<std::pair<A, B>> = holds_views<A> || holds_views<B>;
template <class T, class A>
inline constexpr bool holds_views<std::vector<T, A>> = holds_views<T>;

// ---- the table of a type

namespace detail {

template <class T>
std::uint64_t record_bytes(const T& record) noexcept {
  if constexpr (requires {
                  record.capacity();
                  record.data();
                  sizeof(*record.data());
                }) {
    return sizeof(T) + record.capacity() * sizeof(*record.data());
  } else if constexpr (requires {
                         record.first;
                         record.second;
                       }) {
    return record_bytes(record.first) + record_bytes(record.second);
  } else {
    return sizeof(T);
  }
}

template <class T>
struct type_table {
  static batch<T>& typed(batch_base& b) noexcept { return static_cast<batch<T>&>(b); }
  static const batch<T>& typed(const batch_base& b) noexcept { return static_cast<const batch<T>&>(b); }

  static void destroy(batch_base& b) noexcept { typed(b).truncate(0); }
  static void copy_all(const batch_base& from, batch_base& to) {
    if constexpr (std::copy_constructible<T>) {
      for (const T& record : typed(from)) typed(to).emplace_back(record);
    }
  }
  static void move_selected(batch_base& from, const std::uint32_t* positions, std::size_t count, batch_base& to) {
    T* source = typed(from).data();
    T* target = typed(to).end();
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(target + i)) T(std::move(source[positions[i]]));
    to.set_size(to.size() + count);
  }
  static void copy_selected(const batch_base& from, const std::uint32_t* positions, std::size_t count,
                            batch_base& to) {
    if constexpr (std::copy_constructible<T>) {
      const T* source = typed(from).data();
      for (std::size_t i = 0; i < count; ++i) typed(to).emplace_back(source[positions[i]]);
    }
  }
  static std::uint64_t payload_bytes(const batch_base& b) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>) {
      return b.size() * sizeof(T);
    } else {
      std::uint64_t sum = 0;
      for (const T& record : typed(b)) sum += record_bytes(record);
      return sum;
    }
  }
  static constexpr bool copyable = std::copy_constructible<T>;
  static constexpr record_type table{type_name<T>(),
                                     sizeof(T),
                                     alignof(T),
                                     copyable,
                                     holds_views<T>,
                                     destroy,
                                     copyable ? copy_all : nullptr,
                                     move_selected,
                                     copyable ? copy_selected : nullptr,
                                     payload_bytes};
};

}  // namespace detail

template <class T>
const record_type& record_type_of() noexcept {
  return detail::type_table<T>::table;
}

template <class T>
ref<batch<T>> batch<T>::make(const ref<batch_pool>& pool, std::size_t capacity) {
  batch_ref made = batch_base::make(pool, record_type_of<T>(), capacity);
  return ref<batch>::adopt(static_cast<batch*>(made.detach()));
}

}  // namespace sage
