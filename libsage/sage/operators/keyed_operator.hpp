/// The frame of operators on keyed streams: the key of a record and its hash, computed once and carried along.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/hash.hpp"
#include "sage/model/batch.hpp"
#include "sage/operators/function_operator.hpp"
#include "sage/state/keyed_table.hpp"

namespace sage::operators {

/// What an extractor (callable or member pointer) makes of a record: possibly a reference into it.
template <class Extract, class T>
using key_of_t = std::invoke_result_t<const Extract&, const T&>;
template <class Extract, class T>
using key_type_t = std::remove_cvref_t<key_of_t<Extract, T>>;

/// Stands for the type `Extract` in tags.
template <class Extract>
inline constexpr char extractor_type = 0;

/// The tag of what `extract` extracts: its type and, as far as they say all about it, its bytes. An extractor whose
/// bytes don't (it owns memory, or has padding) has no tag, so its hashes are computed wherever they are needed.
template <class Extract>
[[nodiscard]] key_tag tag_of(const Extract& extract) noexcept {
  key_tag tag;
  if constexpr (std::is_empty_v<Extract>) {
    tag.extractor = &extractor_type<Extract>;
  } else if constexpr (std::is_trivially_copyable_v<Extract> && std::has_unique_object_representations_v<Extract> &&
                       sizeof(Extract) <= sizeof tag.content) {
    tag.extractor = &extractor_type<Extract>;
    std::memcpy(tag.content.data(), &extract, sizeof extract);
  }
  return tag;
}

/// Writes the hash of every record's key. A record whose key can't be extracted gets 0: whoever handles it will ask
/// for its key again, and there the error belongs to an operator with a policy. O(n).
template <class T, class Extract>
void write_key_hashes(const batch<T>& records, const Extract& extract, std::uint64_t* hashes) {
  const std::size_t size = records.size();
  for (std::size_t i = 0; i < size; ++i) {
    try {
      for (; i < size; ++i) {
        hashes[i] = stable_hash(static_cast<const key_type_t<Extract, T>&>(std::invoke(extract, records[i])));
      }
    } catch (...) {
      hashes[i] = 0;
    }
  }
}

/// The hashes of the records' keys: those that the batch carries, or new ones, which it carries from now on when
/// nobody else holds it; others may be reading a shared batch, so its hashes go to `room`.
template <class T, class Extract>
const std::uint64_t* key_hashes(batch<T>& records, const Extract& extract, std::vector<std::uint64_t>& room) {
  const key_tag tag = tag_of(extract);
  if (const std::uint64_t* carried = records.hashes_of(tag)) return carried;
  std::uint64_t* hashes = nullptr;
  if (records.unique()) {
    hashes = records.add_hashes(tag);
  } else {
    room.resize(std::max(room.size(), records.size()));
    hashes = room.data();
  }
  write_key_hashes(std::as_const(records), extract, hashes);
  return hashes;
}

/// Adds the extractor to a function operator.
template <class T, class Extract, class F>
class keyed_operator : public function_operator<T, F> {
 public:
  keyed_operator(Extract extract, F function, error_policy policy)
      : function_operator<T, F>(std::move(function), policy), extract_(std::move(extract)) {}

 protected:
  decltype(auto) key_of(const T& record) const { return std::invoke(extract_, record); }

  /// Finds the hashes of the input batch; to be called before its first record.
  void prepare_hashes() { hashes_ = key_hashes(this->template input<T>(), extract_, room_); }

  Extract extract_;
  const std::uint64_t* hashes_ = nullptr;  // of the input batch

 private:
  std::vector<std::uint64_t> room_;
};

/// How many records a loop over a keyed table looks up ahead: enough to hide cache misses behind each other, few
/// enough that their entries stay in the first-level cache (measured: 16 are 25 % slower, 128 no faster).
inline constexpr std::size_t keys_ahead = 64;

/// Calls `each(position, candidate)` for the records from `i` on, with `i` at that record, and their keys looked up
/// ahead. `i` is true whichever way the loop is left.
template <class Table, class Each>
void for_each_looked_up(const Table& table, const std::uint64_t* hashes, std::size_t& i, std::size_t size,
                        Each&& each) {
  typename Table::candidate candidates[keys_ahead];
  table.prefetch_slots(hashes + i, std::min(keys_ahead, size - i));
  while (i < size) {
    const std::size_t begin = i;
    const std::size_t end = std::min(begin + keys_ahead, size);
    table.look_ahead(hashes + begin, end - begin, candidates);
    table.prefetch_slots(hashes + end, std::min(keys_ahead, size - end));
    for (; i < end; ++i) each(i, candidates[i - begin]);
  }
}

}  // namespace sage::operators
