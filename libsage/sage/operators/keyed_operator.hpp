/// The frame of operators on keyed streams: the key of a record and its hash, computed once and carried along.
#pragma once

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

/// Fetch-ahead distances of the loops over a keyed table: far enough to hide a cache miss behind the hashing of
/// neighbours, near enough to stay in L1.
inline constexpr std::size_t slots_ahead = 16;
inline constexpr std::size_t entries_ahead = 8;

template <class Table>
void prefetch(const Table& table, const std::uint64_t* hashes, std::size_t position, std::size_t size) noexcept {
  if (position + slots_ahead < size) table.prefetch_slot(hashes[position + slots_ahead]);
  if (position + entries_ahead < size) table.prefetch_entry(hashes[position + entries_ahead]);
}

}  // namespace sage::operators
