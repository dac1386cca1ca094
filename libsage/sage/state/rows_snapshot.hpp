/// The rows and timers of keyed operators in checkpoints: the same bytes as in a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sage/base/hash.hpp"
#include "sage/model/msgpack.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/row_values.hpp"
#include "sage/state/snapshot.hpp"
#include "sage/state/spilled_timers.hpp"

namespace sage::state {

/// The tables of an operator: its rows, its timers by event time, those by the wall clock.
inline constexpr char row_table = 'r';
inline constexpr char event_timer_table = 'e';
inline constexpr char wall_timer_table = 'p';

/// The key of a row of a snapshot. Throws errc::parse.
template <class Key>
[[nodiscard]] Key key_of_row(std::string_view bytes, const snapshot_reader& from) {
  auto key = from_msgpack<Key>(bytes);
  if (!key) refuse_snapshot(from.uid(), "a key: " + key.error().message());
  return *std::move(key);
}

/// Writes all rows that hold anything: those in memory in order of their positions, then those beyond. O(rows).
template <class K, class V>
void snapshot_rows(keyed_rows<K, V>& rows, const row_values& values, snapshot_writer& to) {
  using key_type = typename keyed_rows<K, V>::key_type;
  if constexpr (encodable<key_type>) {
    auto& table = rows.table();
    std::string key;
    std::string value;
    for (std::size_t row = 0; row < table.end(); ++row) {
      if (!table.has(row) || values.is_empty(row)) continue;
      key.clear();
      value.clear();
      append_msgpack(key, table.at(row).key);
      append_row(value, values, row);
      to.put_row(row_table, table.hash_at(row), key, value);
    }
    if (!rows.spill() || !rows.spill()->has_written()) return;
    const std::string begin(1, row_spill::row_prefix);
    const std::string end(1, row_spill::row_prefix + 1);
    rows.spill()->store().scan(begin, end, [&](std::string_view stored, std::string_view content) {
      stored.remove_prefix(1);
      const auto known = from_msgpack<key_type>(stored);
      if (!known) throw store_failure(errc::internal, "a key of state can't be read");
      const std::uint64_t hash = stable_hash(*known);
      // What is in memory, too, is newer there.
      if (table.find(*known, hash) == table.absent) to.put_row(row_table, hash, stored, content);
      return true;
    });
  }
}

/// Reads rows back, `values` with them, and calls `each(row)` for every one, while it is in memory.
template <class K, class V, class Each>
void restore_rows(keyed_rows<K, V>& rows, row_values& values, const snapshot_reader& from, Each&& each) {
  using key_type = typename keyed_rows<K, V>::key_type;
  if constexpr (encodable<key_type>) {
    std::size_t count = 0;
    from.for_each_row(row_table, [&](std::string_view key, std::string_view value) {
      if (rows.spill() && ++count % rows_ahead == 0) rows.spill()->make_room();
      const auto known = key_of_row<key_type>(key, from);
      const std::size_t row = rows.table().find_or_insert(known, stable_hash(known), [] { return V{}; });
      if (rows.spill()) rows.spill()->touch(row);
      read_row(value, values, row);
      each(row);
    });
    values.check_restored(from.uid());
  }
}

/// Writes the timers that are set, in order of time.
template <class K, class V>
void snapshot_timers(keyed_rows<K, V>& rows, row_timers& timers, char table, snapshot_writer& to) {
  using key_type = typename keyed_rows<K, V>::key_type;
  if constexpr (encodable<key_type>) {
    std::string key;
    std::string value;
    const auto put = [&](event_time time, std::uint64_t hash, std::string_view bytes) {
      value.clear();
      append_msgpack(value, time);
      to.put_row(table, hash, bytes, value);
    };
    timers.for_each_set(
        [&](event_time time, std::size_t row) {
          key.clear();
          append_msgpack(key, rows.table().at(row).key);
          put(time, rows.table().hash_at(row), key);
        },
        [&](event_time time, std::string_view bytes) {
          const auto known = from_msgpack<key_type>(bytes);
          if (!known) throw store_failure(errc::internal, "the key of a timer can't be read");
          put(time, stable_hash(*known), bytes);
        });
  }
}

/// Sets them again.
template <class K, class V>
void restore_timers(keyed_rows<K, V>& rows, row_timers& timers, char table, const snapshot_reader& from) {
  using key_type = typename keyed_rows<K, V>::key_type;
  if constexpr (encodable<key_type>) {
    std::size_t count = 0;
    from.for_each_row(table, [&](std::string_view key, std::string_view value) {
      if (rows.spill() && ++count % rows_ahead == 0) rows.spill()->make_room();
      const auto known = key_of_row<key_type>(key, from);
      const auto time = from_msgpack<event_time>(value);
      if (!time) refuse_snapshot(from.uid(), "the time of a timer");
      timers.set(*time, rows.fetch_one(known, stable_hash(known)));
    });
  }
}

}  // namespace sage::state
