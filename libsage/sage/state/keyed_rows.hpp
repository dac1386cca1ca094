/// The rows of a keyed operator: all in memory, or those in use, with the others in a store.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/base/hash.hpp"
#include "sage/model/msgpack.hpp"
#include "sage/state/keyed_table.hpp"
#include "sage/state/row_spill.hpp"

namespace sage::state {

/// How many records an operator may handle between two `fetch`: so many rows are in memory beyond the limit.
inline constexpr std::size_t rows_ahead = 1024;

/// A keyed table whose rows may leave memory between two stretches of records. Within one, rows stay where they are.
///
/// Cost  in memory, that of the table; beyond, see row_spill
template <class K, class V>
class keyed_rows final : private row_keys {
 public:
  using table_type = keyed_table<K, V>;
  using key_type = typename table_type::key_type;
  using candidate = typename table_type::candidate;

  keyed_rows() = default;
  keyed_rows(const keyed_rows&) = delete;
  keyed_rows& operator=(const keyed_rows&) = delete;

  /// Lets rows go to a store of `backend` from now on; null keeps them in memory. Throws errc::unsupported when keys
  /// can't be written.
  void spill_to(state_backend* backend, row_values& values, const std::string& operator_name, std::size_t instance) {
    if (!backend) return;
    if constexpr (encodable<key_type>) {
      row_keys& keys = *this;
      spill_.emplace(backend->open(operator_name, instance), keys, values, backend->row_bytes_max(),
                     backend->rows_max(), sizeof(typename table_type::entry) + bytes_per_row);
    } else {
      throw error(errc::unsupported, "the keys can't be written to a store", operator_name,
                  "describe their type with SAGE_DESCRIBE, or keep state in memory");
    }
  }
  [[nodiscard]] row_spill* spill() noexcept { return spill_ ? &*spill_ : nullptr; }

  /// Makes sure that the rows of the records [begin, end) are in memory, or of as many of them as are handled at a
  /// time; returns where those end. No row may be in use. O(1) without a store.
  template <class KeyOf>
  std::size_t fetch(std::size_t begin, std::size_t end, const std::uint64_t* hashes, const KeyOf& key_of) {
    if (!spill_) return end;
    spill_->make_room();
    const std::size_t stop = std::min(end, begin + rows_ahead);
    for (std::size_t i = begin; i < stop; ++i) {
      try {
        for (; i < stop; ++i) enter_one(key_of(i), hashes[i]);
      } catch (...) {  // a key that can't be extracted: whoever handles its record will find that out again
      }
    }
    spill_->bring_in();
    return stop;
  }
  /// The same for one key; returns its row, which stays in memory until the next `fetch` of a stretch.
  template <class Key>
  std::size_t fetch_one(const Key& key, std::uint64_t hash) {
    const std::size_t row = enter_one(key, hash);
    if (spill_) spill_->bring_in();
    return row;
  }

  /// Rows in all, in memory and beyond.
  [[nodiscard]] std::size_t rows() const noexcept { return table_.size() + (spill_ ? spill_->rows_out() : 0); }
  [[nodiscard]] table_type& table() noexcept { return table_; }
  [[nodiscard]] const table_type& table() const noexcept { return table_; }

 private:
  static constexpr std::size_t bytes_per_row = 32;  // slots, hashes, marks

  template <class Key>
  std::size_t enter_one(const Key& key, std::uint64_t hash) {
    const std::size_t known = table_.find(key, hash);
    if (known != table_type::absent) {
      if (spill_) spill_->touch(known);
      return known;
    }
    const std::size_t row = table_.find_or_insert(key, hash, [] { return V{}; });
    if (spill_) spill_->ask_for(row);
    return row;
  }

  // ---- row_keys

  void append_key(std::size_t row, std::string& out) const override {
    if constexpr (encodable<key_type>) append_msgpack(out, table_.at(row).key);
  }
  void enter(std::span<const std::string_view> keys, std::vector<std::size_t>& rows) override {
    if constexpr (encodable<key_type>) {
      for (const std::string_view bytes : keys) {
        auto key = from_msgpack<key_type>(bytes);
        if (!key) throw store_failure(errc::internal, "a key of state can't be read");
        rows.push_back(enter_one(*key, stable_hash(*key)));
      }
    }
  }
  std::size_t count() const noexcept override { return table_.size(); }
  std::size_t end() const noexcept override { return table_.end(); }
  bool has(std::size_t row) const noexcept override { return table_.has(row); }
  void leave(std::size_t row) override { table_.erase(row); }

  table_type table_;
  std::optional<row_spill> spill_;
};

}  // namespace sage::state
