/// What operators remember, as a checkpoint keeps it: named values, and rows by key group. docs/formats/checkpoint.md
/// has the grammar.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/base/result.hpp"
#include "sage/model/msgpack.hpp"

namespace sage::state {

/// Bytes that no operator has written, or that another kind of operator has.
[[noreturn]] void refuse_snapshot(std::string_view uid, std::string_view what);

/// Gathers the snapshots of the operators of one instance. Entries lie in blocks of about `block_bytes`, none across
/// two, so that nothing is moved when more comes.
///
/// Cost  O(bytes), one copy
class snapshot_writer {
 public:
  static constexpr std::size_t block_bytes = 256u << 10;

  /// What follows belongs to this instance of the operator `uid`.
  void begin_operator(std::string_view uid, std::uint32_t number, std::uint32_t parallelism);
  /// Something that belongs to the instance, not to a key.
  void put(std::string_view name, std::string_view bytes);
  template <encodable T>
  void put_value(std::string_view name, const T& value) {
    scratch_.clear();
    append_msgpack(scratch_, value);
    put(name, scratch_);
  }
  /// Something that belongs to a key. `table` tells the rows of one operator apart; they are read in the order in
  /// which they were written.
  void put_row(char table, std::uint64_t hash, std::string_view key, std::string_view value);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::vector<std::string> take_blocks();

 private:
  std::string& room_for(std::size_t bytes);

  std::vector<std::string> blocks_;
  std::string operator_entry_;  // repeated where a block begins, so that each can be read by itself
  std::string scratch_;
  std::uint64_t bytes_ = 0;
};

/// The snapshot of one operator by one instance that has taken it.
struct operator_part {
  std::string_view uid;
  std::uint32_t number = 0;
  std::uint32_t parallelism = 1;
  std::vector<std::pair<std::string_view, std::string_view>> values;  ///< by name
  std::vector<std::string_view> entries;                              ///< stretches of whole entries
};

/// Adds the parts in a block of a snapshot to `parts`, which view it. Fails with errc::parse for what no writer has
/// written.
[[nodiscard]] result<void> read_block(std::string_view block, std::vector<operator_part>& parts);

/// What one instance of an operator finds of itself in a checkpoint, taken perhaps by another number of instances.
class snapshot_reader {
 public:
  /// `parts` are all of the operator's; they outlive the reader.
  snapshot_reader(std::string uid, std::vector<const operator_part*> parts, std::uint32_t number,
                  std::uint32_t parallelism);

  [[nodiscard]] const std::string& uid() const noexcept { return uid_; }
  /// Whether as many instances took the checkpoint as there are now.
  [[nodiscard]] bool has_same_parallelism() const noexcept { return same_; }
  /// What this very instance had put under `name`; nothing where it didn't, or where there were more or fewer of it.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// What all instances had put under `name`.
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;
  template <encodable T>
  [[nodiscard]] std::optional<T> get_value(std::string_view name) const {
    const auto bytes = get(name);
    return bytes ? std::optional<T>(decode<T>(*bytes, name)) : std::nullopt;
  }
  template <encodable T>
  [[nodiscard]] std::vector<T> get_all_values(std::string_view name) const {
    std::vector<T> all;
    for (const std::string_view bytes : get_all(name)) all.push_back(decode<T>(bytes, name));
    return all;
  }
  /// A progress of this instance; of more or fewer instances, what all of them had reached.
  [[nodiscard]] std::optional<std::int64_t> get_least(std::string_view name) const {
    if (same_) return get_value<std::int64_t>(name);
    std::optional<std::int64_t> least;
    for (const std::int64_t one : get_all_values<std::int64_t>(name)) least = least ? std::min(*least, one) : one;
    return least;
  }
  /// The rows of a table whose key groups are this instance's, in the order in which they were written. Throws
  /// errc::parse for what isn't a snapshot.
  void for_each_row(char table, const std::function<void(std::string_view key, std::string_view value)>& each) const;

 private:
  template <class T>
  [[nodiscard]] T decode(std::string_view bytes, std::string_view name) const {
    auto value = from_msgpack<T>(bytes);
    if (!value) refuse_snapshot(uid_, "'" + std::string(name) + "': " + value.error().message());
    return *std::move(value);
  }

  std::string uid_;
  std::vector<const operator_part*> parts_;
  std::uint32_t number_;
  std::uint32_t parallelism_;
  bool same_;
};

}  // namespace sage::state
