/// Slices of windows in checkpoints: a row per key, as the windows that leave memory have it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sage/operators/windows/pane_slice.hpp"
#include "sage/state/rows_snapshot.hpp"
#include "sage/state/stored_value.hpp"

namespace sage::operators {

/// What the slices have of each key.
template <class A>
class pane_rows final : public state::row_values {
 public:
  using slice_list = std::vector<std::unique_ptr<pane_slice<A>>>;
  explicit pane_rows(slice_list& slices) noexcept : slices_(slices) {}

  bool is_empty(std::size_t row) const override {
    return std::none_of(slices_.begin(), slices_.end(), [row](const auto& s) { return s->records.find(row); });
  }
  void write(std::size_t row, value_writer& out) const override {
    const auto there = std::count_if(slices_.begin(), slices_.end(),
                                     [row](const auto& s) { return s->records.find(row) != nullptr; });
    out.begin_list(5 * static_cast<std::size_t>(there));
    for (const auto& s : slices_) {
      const A* const acc = s->records.find(row);
      if (!acc) continue;
      out.write_int64(s->bounds.start);
      out.write_int64(s->bounds.end);
      out.write_uint64(row < s->fresh.size() ? s->fresh[row] : 0);
      out.write_bool((s->records.changed(row / pane<A>::page_rows) >> (row % pane<A>::page_rows) & 1) != 0);
      state::write_stored(out, *acc);
    }
    out.end_list();
  }
  bool read(std::size_t row, value_reader& in) override {
    container_cursor all;
    const auto next = [&] { return in.next_element(all) == container_step::element; };
    if (!in.begin_list(all)) return false;
    while (next()) {
      window bounds{};
      std::uint32_t fresh = 0;
      bool changed = false;
      A acc{};
      if (!read_value(in, bounds.start) || !next() || !read_value(in, bounds.end) || !next() ||
          !read_value(in, fresh) || !next() || !in.read_bool(changed) || !next() || !state::read_stored(in, acc)) {
        return false;
      }
      put(row, bounds, fresh, changed, std::move(acc));
    }
    return !in.failed();
  }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

 private:
  void put(std::size_t row, const window& bounds, std::uint32_t fresh, bool changed, A&& acc) {
    auto at = std::lower_bound(slices_.begin(), slices_.end(), bounds.start,
                               [](const auto& s, event_time t) { return s->bounds.start < t; });
    if (at == slices_.end() || (*at)->bounds.start != bounds.start) {
      at = slices_.insert(at, std::make_unique<pane_slice<A>>(pane_slice<A>{bounds, {}, {}, {}, 0}));
    }
    pane_slice<A>& one = **at;
    one.records.put(row, std::move(acc));
    if (changed) one.records.note_change(row);
    if (fresh == 0) return;
    if (row >= one.fresh.size()) one.fresh.resize(row + 1);
    one.fresh[row] = fresh;
  }

  slice_list& slices_;
};

template <class Table, class A>
void snapshot_panes(const Table& keys, std::vector<std::unique_ptr<pane_slice<A>>>& slices,
                    state::snapshot_writer& to) {
  const pane_rows<A> values(slices);
  std::string key;
  std::string value;
  for (std::size_t row = 0; row < keys.end(); ++row) {
    if (!keys.has(row) || values.is_empty(row)) continue;
    key.clear();
    value.clear();
    append_msgpack(key, keys.at(row).key);
    state::append_row(value, values, row);
    to.put_row(state::row_table, keys.hash_at(row), key, value);
  }
}

/// Calls `each(accumulator)` for every one that is there again.
template <class Table, class A, class Each>
void restore_panes(Table& keys, std::vector<std::unique_ptr<pane_slice<A>>>& slices,
                   const state::snapshot_reader& from, Each&& each) {
  pane_rows<A> values(slices);
  from.for_each_row(state::row_table, [&](std::string_view bytes, std::string_view value) {
    const auto known = state::key_of_row<typename Table::key_type>(bytes, from);
    state::read_row(value, values, keys.find_or_insert(known, stable_hash(known), [] { return row_usage{}; }));
  });
  for (const auto& s : slices) {
    s->records.for_each([&](std::size_t row, const A& acc) {
      ++keys.at(row).value.slices;
      each(acc);
    });
  }
}

/// How far a walk over the keys of one window has come.
struct window_walk {
  bool active = false;
  bool early = false;
  window when{};
  std::size_t page = 0;
  std::size_t pages = 0;
  std::uint64_t left = 0;  ///< rows of the page that have not spoken
  bool merged = false;
};

}  // namespace sage::operators
