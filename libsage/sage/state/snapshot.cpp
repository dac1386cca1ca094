#include "sage/state/snapshot.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/hash.hpp"

namespace sage::state {

namespace {

constexpr char operator_entry = 'O';
constexpr char value_entry = 'V';
constexpr char row_entry = 'R';

void append_number(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}
void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out += text;
}

// Reads entries off bytes that may be anything.
class cursor {
 public:
  explicit cursor(std::string_view bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] const char* position() const noexcept { return rest_.data(); }
  bool read_byte(char& value) noexcept {
    if (rest_.empty()) return false;
    value = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  bool read_number(std::uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      char byte = 0;
      if (!read_byte(byte)) return false;
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if ((byte & 128) == 0) return true;
    }
    return false;
  }
  bool read_text(std::string_view& text) noexcept {
    std::uint64_t size = 0;
    if (!read_number(size) || size > rest_.size()) return false;
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

 private:
  std::string_view rest_;
};

struct entry {
  char kind = 0;
  char table = 0;
  std::uint64_t number = 0;       // of the instance, or the key group
  std::uint64_t parallelism = 0;  // of an operator
  std::string_view name;          // uid, name or key
  std::string_view value;
};

bool read_entry(cursor& from, entry& into) noexcept {
  if (!from.read_byte(into.kind)) return false;
  switch (into.kind) {
    case operator_entry:
      return from.read_text(into.name) && from.read_number(into.number) && from.read_number(into.parallelism) &&
             into.parallelism > 0 && into.number < into.parallelism && into.parallelism <= ~std::uint32_t{0};
    case value_entry: return from.read_text(into.name) && from.read_text(into.value);
    case row_entry:
      return from.read_byte(into.table) && from.read_number(into.number) && into.number < key_groups_default &&
             from.read_text(into.name) && from.read_text(into.value);
    default: return false;
  }
}

}  // namespace

void refuse_snapshot(std::string_view uid, std::string_view what) {
  throw error(errc::parse, "the snapshot can't be read: " + std::string(what), std::string(uid),
              "was it taken by another version of this program? see --allow-lost-state");
}

std::string& snapshot_writer::room_for(std::size_t bytes) {
  bytes_ += bytes;
  if (blocks_.empty() || blocks_.back().size() + bytes > block_bytes) {
    std::string& fresh = blocks_.emplace_back();
    fresh.reserve(std::max(block_bytes, operator_entry_.size() + bytes));
    fresh += operator_entry_;
  }
  return blocks_.back();
}

void snapshot_writer::begin_operator(std::string_view uid, std::uint32_t number, std::uint32_t parallelism) {
  std::string made(1, operator_entry);
  append_text(made, uid);
  append_number(made, number);
  append_number(made, parallelism);
  operator_entry_.clear();
  room_for(made.size()) += made;
  operator_entry_ = std::move(made);
}

void snapshot_writer::put(std::string_view name, std::string_view bytes) {
  std::string& out = room_for(name.size() + bytes.size() + 21);
  out += value_entry;
  append_text(out, name);
  append_text(out, bytes);
}

void snapshot_writer::put_row(char table, std::uint64_t hash, std::string_view key, std::string_view value) {
  std::string& out = room_for(key.size() + value.size() + 32);
  out += row_entry;
  out += table;
  append_number(out, key_group(hash));
  append_text(out, key);
  append_text(out, value);
}

std::vector<std::string> snapshot_writer::take_blocks() {
  operator_entry_.clear();
  return std::exchange(blocks_, {});
}

result<void> read_block(std::string_view block, std::vector<operator_part>& parts) {
  cursor from(block);
  const char* begun = nullptr;  // of the entries of the last part
  const auto close = [&](const char* end) {
    if (begun && end != begun) parts.back().entries.emplace_back(begun, static_cast<std::size_t>(end - begun));
  };
  while (!from.at_end()) {
    const char* const at = from.position();
    entry one;
    if (!read_entry(from, one) || (!begun && one.kind != operator_entry)) {
      return error(errc::parse,
                   "no entry of a snapshot at byte " + std::to_string(at - block.data()) + " of a block");
    }
    if (one.kind == value_entry) parts.back().values.emplace_back(one.name, one.value);
    if (one.kind != operator_entry) continue;
    close(at);
    begun = from.position();
    const auto number = static_cast<std::uint32_t>(one.number);
    // A block that goes on with the operator of the one before repeats its entry.
    if (!parts.empty() && parts.back().uid == one.name && parts.back().number == number) continue;
    parts.push_back(operator_part{one.name, number, static_cast<std::uint32_t>(one.parallelism), {}, {}});
  }
  close(block.data() + block.size());
  return {};
}

snapshot_reader::snapshot_reader(std::string uid, std::vector<const operator_part*> parts, std::uint32_t number,
                                 std::uint32_t parallelism)
    : uid_(std::move(uid)), parts_(std::move(parts)), number_(number), parallelism_(parallelism) {
  std::sort(parts_.begin(), parts_.end(),
            [](const operator_part* a, const operator_part* b) { return a->number < b->number; });
  same_ = std::all_of(parts_.begin(), parts_.end(),
                      [&](const operator_part* p) { return p->parallelism == parallelism_; });
}

std::vector<std::string_view> snapshot_reader::get_all(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const operator_part* part : parts_) {
    for (const auto& [known, value] : part->values) {
      if (known == name) found.push_back(value);
    }
  }
  return found;
}

std::optional<std::string_view> snapshot_reader::get(std::string_view name) const {
  if (!same_) return std::nullopt;
  for (const operator_part* part : parts_) {
    if (part->number != number_) continue;
    for (const auto& [known, value] : part->values) {
      if (known == name) return value;
    }
  }
  return std::nullopt;
}

void snapshot_reader::for_each_row(
    char table, const std::function<void(std::string_view key, std::string_view value)>& each) const {
  for (const operator_part* part : parts_) {
    if (same_ && part->number != number_) continue;
    for (const std::string_view stretch : part->entries) {
      cursor from(stretch);
      entry one;
      while (!from.at_end()) {
        if (!read_entry(from, one)) refuse_snapshot(uid_, "an entry is damaged");
        if (one.kind != row_entry || one.table != table) continue;
        if (!same_ && instance_of_group(static_cast<std::uint32_t>(one.number), parallelism_) != number_) continue;
        each(one.name, one.value);
      }
    }
  }
}

}  // namespace sage::state
