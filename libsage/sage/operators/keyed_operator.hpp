/// The frame of operators on keyed streams: the key of a record and its hash, computed once and carried along.
#pragma once

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

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

/// Fills the hash column of `records`, unless an edge before has done so. O(n).
template <class T, class Extract>
void add_key_hashes(batch<T>& records, const Extract& extract) {
  if (records.hashes()) return;
  std::uint64_t* const hashes = records.add_hashes();
  const std::size_t size = records.size();
  for (std::size_t i = 0; i < size; ++i) {
    hashes[i] =
        stable_hash(static_cast<const key_type_t<Extract, T>&>(std::invoke(extract, std::as_const(records[i]))));
  }
}

/// Adds the extractor to a function operator.
template <class T, class Extract, class F>
class keyed_operator : public function_operator<T, F> {
 public:
  keyed_operator(Extract extract, F function, error_policy policy)
      : function_operator<T, F>(std::move(function), policy), extract_(std::move(extract)) {}

 protected:
  decltype(auto) key_of(const T& record) const { return std::invoke(extract_, record); }

  /// The hash of the record at `position`: carried along, or computed here where no edge could (a shared batch).
  [[nodiscard]] std::uint64_t hash_of(const batch<T>& records, std::size_t position) const {
    if (const std::uint64_t* hashes = records.hashes()) return hashes[position];
    return stable_hash(static_cast<const key_type_t<Extract, T>&>(key_of(records[position])));
  }
  /// Computes the hashes of the input batch once, when it may be written to.
  void prepare_hashes() {
    batch<T>& in = this->template input<T>();
    if (in.unique()) add_key_hashes(in, extract_);
  }

  Extract extract_;
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
