/// The table behind keyed operators: key -> dense entry, found by a hash that was computed once and carried along.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/hash.hpp"

namespace sage::state {

/// What a table stores of a key: views become owners.
template <class K>
struct owned_key {
  using type = K;
};
template <>
struct owned_key<std::string_view> {
  using type = std::string;
};
template <>
struct owned_key<const char*> {
  using type = std::string;
};
template <class A, class B>
struct owned_key<std::pair<A, B>> {
  using type = std::pair<typename owned_key<A>::type, typename owned_key<B>::type>;
};
template <class K>
using owned_key_t = typename owned_key<std::remove_cvref_t<K>>::type;

/// Open addressing over an index of 8-byte slots, entries in dense chunks in order of first appearance. So walking
/// all entries is one scan in an order that doesn't depend on the hash, entries never move, and a look-up touches
/// one slot and one entry, both of which can be fetched ahead.
///
/// Entries can be taken out; their positions are used again for keys that come later.
///
/// Cost  O(1) expected per look-up with linear probing at a load of at most 1/2; growth rehashes slots, not keys.
///       In a table that exceeds the caches a look-up is two misses in a row: a loop over a batch looks many keys up
///       ahead (`look_ahead`), so that they overlap
template <class K, class V>
class keyed_table {
 public:
  using key_type = owned_key_t<K>;
  struct entry {
    key_type key;
    V value;
  };
  /// What `look_ahead` says of a key: the position it may have. Holds until entries are taken out.
  using candidate = std::uint32_t;
  static constexpr candidate no_candidate = ~candidate{0};

  keyed_table() : slots_(slots_min) {}
  keyed_table(keyed_table&&) noexcept = default;
  keyed_table& operator=(keyed_table&&) noexcept = default;

  /// Entries.
  [[nodiscard]] std::size_t size() const noexcept { return end_ - free_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// One behind the last position; as many as there are entries while none was taken out.
  [[nodiscard]] std::size_t end() const noexcept { return end_; }
  /// Whether there is an entry at `position`, which is before the end.
  [[nodiscard]] bool has(std::size_t position) const noexcept {
    return chunks_[position / chunk_size].has(position % chunk_size);
  }

  /// The entry at `position`: in order of appearance while none was taken out.
  [[nodiscard]] entry& at(std::size_t position) noexcept {
    return chunks_[position / chunk_size].at(position % chunk_size);
  }
  [[nodiscard]] const entry& at(std::size_t position) const noexcept {
    return chunks_[position / chunk_size].at(position % chunk_size);
  }

  /// The hash with which the key of the entry at `position` was entered.
  [[nodiscard]] std::uint64_t hash_at(std::size_t position) const noexcept { return hashes_[position]; }

  /// The position of `key`, or `absent`.
  template <class Key>
  [[nodiscard]] std::size_t find(const Key& key, std::uint64_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const slot& s = slots_[i];
      if (s.number == 0) return absent;
      if (s.tag == tag_of(hash) && at(s.number - 1).key == key) return s.number - 1;
    }
  }

  /// The position of `key`, which is entered with `make()` as its value when it is new. When `make` throws, the
  /// table is unchanged.
  template <class Key, class Make>
  std::size_t find_or_insert(const Key& key, std::uint64_t hash, Make&& make) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash & mask;
    for (;; i = (i + 1) & mask) {
      const slot& s = slots_[i];
      if (s.number == 0) break;
      if (s.tag == tag_of(hash) && at(s.number - 1).key == key) return s.number - 1;
    }
    const std::size_t position = append(hash, key_type(key), std::forward<Make>(make)());
    slots_[i] = slot{tag_of(hash), static_cast<std::uint32_t>(position + 1)};
    if (size() * 2 > slots_.size()) grow();
    return position;
  }

  /// The same for a key that was looked up ahead.
  template <class Key, class Make>
  std::size_t find_or_insert(const Key& key, std::uint64_t hash, candidate known, Make&& make) {
    if (known != no_candidate && at(known).key == key) return known;
    return find_or_insert(key, hash, std::forward<Make>(make));
  }

  /// Finds the likely positions of `count` keys by their hashes alone and fetches those entries ahead.
  void look_ahead(const std::uint64_t* hashes, std::size_t count, candidate* found) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint32_t tag = tag_of(hashes[k]);
      std::size_t i = hashes[k] & mask;
      while (slots_[i].number != 0 && slots_[i].tag != tag) i = (i + 1) & mask;
      found[k] = slots_[i].number - 1;  // a free slot gives no_candidate
      if (found[k] == no_candidate) continue;
      // An entry may lie on two cache lines.
      const auto* const bytes = reinterpret_cast<const char*>(&at(found[k]));
      __builtin_prefetch(bytes);
      __builtin_prefetch(bytes + sizeof(entry) - 1);
    }
  }
  /// Fetches the slots of `count` hashes ahead, for the next `look_ahead`.
  void prefetch_slots(const std::uint64_t* hashes, std::size_t count) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t k = 0; k < count; ++k) __builtin_prefetch(&slots_[hashes[k] & mask]);
  }

  /// Takes the entry at `position` out: O(1) expected. No candidate that was looked up before may be used any more.
  void erase(std::size_t position) {
    // First what may throw. Its place is used again by whoever comes next, or is given back when it was the last one.
    const bool is_last = position + 1 == end_;
    if (!is_last) free_.push_back(static_cast<std::uint32_t>(position));
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = hashes_[position] & mask;
    while (slots_[hole].number != position + 1) hole = (hole + 1) & mask;
    // Whatever was probed past the hole moves into it, so that no run is cut (Knuth, TAOCP 3, 6.4, algorithm R).
    for (std::size_t i = (hole + 1) & mask; slots_[i].number != 0; i = (i + 1) & mask) {
      const std::size_t home = hashes_[slots_[i].number - 1] & mask;
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole] = slot{};
    chunks_[position / chunk_size].erase(position % chunk_size);
    if (is_last) pop_back();
  }

  void clear() noexcept {
    chunks_.clear();
    hashes_.clear();
    free_.clear();
    slots_.assign(slots_.size(), slot{});
    end_ = 0;
  }

  /// Approximate bytes held, without what keys and values own.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return slots_.size() * sizeof(slot) + chunks_.size() * chunk_size * sizeof(entry) +
           hashes_.capacity() * sizeof(std::uint64_t);
  }

  static constexpr std::size_t absent = ~std::size_t{0};

 private:
  struct slot {
    std::uint32_t tag = 0;     // upper half of the hash
    std::uint32_t number = 0;  // position + 1; 0 is free
  };
  static constexpr std::size_t slots_min = 64;
  static constexpr std::size_t chunk_size = 1024;

  static std::uint32_t tag_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 32); }

  // A block of entries that never move.
  class chunk {
   public:
    chunk() : memory_(std::allocator<entry>().allocate(chunk_size)) {}
    chunk(chunk&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), present_(other.present_) {
      other.present_ = {};
    }
    chunk& operator=(chunk&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(present_, other.present_);
      return *this;
    }
    ~chunk() {
      for (std::size_t word = 0; word < present_.size(); ++word) {
        for (std::uint64_t left = present_[word]; left != 0; left &= left - 1) {
          std::destroy_at(memory_ + word * 64 + static_cast<std::size_t>(std::countr_zero(left)));
        }
      }
      if (memory_) std::allocator<entry>().deallocate(memory_, chunk_size);
    }
    entry& at(std::size_t i) noexcept { return memory_[i]; }
    const entry& at(std::size_t i) const noexcept { return memory_[i]; }
    [[nodiscard]] bool has(std::size_t i) const noexcept { return (present_[i / 64] >> (i % 64) & 1) != 0; }
    void put(std::size_t i, key_type&& key, V&& value) {
      ::new (static_cast<void*>(memory_ + i)) entry{std::move(key), std::move(value)};
      present_[i / 64] |= std::uint64_t{1} << (i % 64);
    }
    void erase(std::size_t i) noexcept {
      std::destroy_at(memory_ + i);
      present_[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    }

   private:
    entry* memory_;
    std::array<std::uint64_t, chunk_size / 64> present_{};
  };

  std::size_t append(std::uint64_t hash, key_type key, V value) {
    if (!free_.empty()) {
      const std::size_t position = free_.back();
      chunks_[position / chunk_size].put(position % chunk_size, std::move(key), std::move(value));
      hashes_[position] = hash;
      free_.pop_back();
      return position;
    }
    if (end_ == chunks_.size() * chunk_size) chunks_.emplace_back();
    hashes_.push_back(hash);
    try {
      chunks_.back().put(end_ % chunk_size, std::move(key), std::move(value));
    } catch (...) {
      hashes_.pop_back();
      throw;
    }
    return end_++;
  }
  void pop_back() noexcept {
    --end_;
    hashes_.pop_back();
    if (end_ % chunk_size == 0) chunks_.pop_back();
  }

  void grow() {
    std::vector<slot> bigger(slots_.size() * 2);
    const std::size_t mask = bigger.size() - 1;
    for (std::size_t position = 0; position < end_; ++position) {
      if (!free_.empty() && !has(position)) continue;
      const std::uint64_t hash = hashes_[position];
      std::size_t i = hash & mask;
      while (bigger[i].number != 0) i = (i + 1) & mask;
      bigger[i] = slot{tag_of(hash), static_cast<std::uint32_t>(position + 1)};
    }
    slots_ = std::move(bigger);
  }

  std::vector<slot> slots_;
  std::vector<chunk> chunks_;
  std::vector<std::uint64_t> hashes_;  // of the entries; apart, as only growth needs them
  std::vector<std::uint32_t> free_;    // positions of entries that were taken out
  std::size_t end_ = 0;
};

}  // namespace sage::state
