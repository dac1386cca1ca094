/// The slices that windows are made of, and the rows of keys that they share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sage/functions/windows.hpp"
#include "sage/model/byte_block.hpp"
#include "sage/operators/windows/pane.hpp"

namespace sage::operators {

/// What is known of a key beside its accumulators.
struct row_usage {
  std::uint32_t slices = 0;  ///< that have records of the key
};

/// A stretch of time that each window has whole or not at all.
template <class A>
struct pane_slice {
  window bounds;
  pane<A> records;
  std::vector<std::uint32_t> fresh;     ///< per row: records since it spoke, for every_records
  std::vector<ref<byte_block>> blocks;  ///< what the accumulators may point into
  std::uint64_t batch = 0;              ///< the last one whose blocks are among them
};

/// The slices of a window, of all in order of time.
template <class A>
std::span<std::unique_ptr<pane_slice<A>>> slices_within(std::vector<std::unique_ptr<pane_slice<A>>>& all,
                                                        const window& when) {
  const auto first = std::lower_bound(all.begin(), all.end(), when.start,
                                      [](const auto& s, event_time t) { return s->bounds.start < t; });
  auto last = first;
  while (last != all.end() && (*last)->bounds.end <= when.end) ++last;
  return std::span(first, last);
}

/// The first window from `start` on that has a slice with records.
template <class A, class Grid>
std::optional<window> first_window_with_records(const std::vector<std::unique_ptr<pane_slice<A>>>& all,
                                                const Grid& grid, event_time start) {
  for (const auto& s : all) {
    const window first = grid.first_window_of(s->bounds);
    // Its first windows may have spoken; the next one may still cover it.
    const window next = first.start >= start ? first : grid.window_from(start);
    if (next.start <= s->bounds.start) return next;
  }
  return std::nullopt;
}

/// Forgets the keys that no slice uses, when they are the greater part, and numbers the others anew; returns whether
/// it did. Called when the table has doubled, it costs O(1) per key that came.
template <class Table, class A>
bool forget_unused_rows(Table& rows, std::vector<std::unique_ptr<pane_slice<A>>>& slices) {
  std::size_t used = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) used += rows.at(row).value.slices > 0 ? 1 : 0;
  if (used * 2 > rows.size()) return false;
  std::vector<std::size_t> moved(rows.size());
  Table kept;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto& entry = rows.at(row);
    if (entry.value.slices == 0) continue;
    moved[row] = kept.find_or_insert(entry.key, rows.hash_at(row), [&] { return entry.value; });
  }
  rows = std::move(kept);
  for (const auto& slice : slices) {
    pane<A> records;
    std::vector<std::uint32_t> fresh;
    slice->records.for_each([&](std::size_t row, A& acc) {
      records.put(moved[row], std::move(acc));
      records.note_change(moved[row]);
      if (row >= slice->fresh.size()) return;
      if (moved[row] >= fresh.size()) fresh.resize(moved[row] + 1);
      fresh[moved[row]] = slice->fresh[row];
    });
    slice->records = std::move(records);
    slice->fresh = std::move(fresh);
  }
  return true;
}

}  // namespace sage::operators
