/// memoize: remembers what a pure function returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "sage/base/hash.hpp"
#include "sage/functions/function.hpp"
#include "sage/state/keyed_table.hpp"

namespace sage {

/// Bounds of a memo.
struct memo_options {
  std::size_t entries_max = 65536;  ///< results kept per instance
  nanoseconds ttl = 0;              ///< how long a result stays good; 0 is for ever
};

}  // namespace sage

namespace sage::operators {

/// A callable around `F` that calls it once per distinct argument. Two generations of half the entries each: when
/// the young one is full it becomes the old one, and what nobody asked for since is forgotten.
///
/// Cost  one hash and one or two look-ups per record; memory O(entries_max x (argument + result))
template <class In, class Out, class F>
class memo {
 public:
  memo(F function, memo_options bounds) : function_(std::move(function)), bounds_(bounds) {}

  void open(context& self) { functions::open(function_, self); }
  void close() { functions::close(function_); }

  Out operator()(const In& argument, context& self) {
    const std::uint64_t hash = stable_hash(argument);
    const nanoseconds now = bounds_.ttl > 0 ? self.time().now() : 0;
    if (const Out* known = find(young_, argument, hash, now)) return *known;
    if (const Out* known = find(old_, argument, hash, now)) {
      Out result = *known;
      remember(argument, hash, result, now);
      return result;
    }
    Out result = functions::call(function_, self, argument);
    remember(argument, hash, result, now);
    return result;
  }

 private:
  struct kept {
    Out result;
    nanoseconds since;
  };
  using table = state::keyed_table<In, kept>;

  const Out* find(const table& in, const In& argument, std::uint64_t hash, nanoseconds now) const {
    const std::size_t at = in.find(argument, hash);
    if (at == table::absent) return nullptr;
    const kept& found = in.at(at).value;
    return bounds_.ttl > 0 && now - found.since >= bounds_.ttl ? nullptr : &found.result;
  }
  void remember(const In& argument, std::uint64_t hash, const Out& result, nanoseconds now) {
    if (young_.size() >= bounds_.entries_max / 2 + 1) {
      old_ = std::move(young_);
      young_ = table();
    }
    const std::size_t at = young_.find_or_insert(argument, hash, [&] { return kept{result, now}; });
    young_.at(at).value = kept{result, now};
  }

  F function_;
  memo_options bounds_;
  table young_;
  table old_;
};

}  // namespace sage::operators
