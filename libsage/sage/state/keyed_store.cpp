#include "sage/state/keyed_store.hpp"

#include <algorithm>

#include "sage/base/error.hpp"

namespace sage::state {

void keyed_store::check_limits() const {
  std::size_t of_key = 0;
  if (limits_.bytes_per_key_max > 0) {
    for (const auto& each : columns_) of_key += each->bytes_of(row_);
  }
  check_bytes(limits_, of_key, bytes());
}

bool keyed_store::is_empty(std::size_t row) const {
  return std::none_of(columns_.begin(), columns_.end(), [row](const auto& each) { return each->has(row); });
}

bool keyed_store::has_ttl() const noexcept {
  return std::any_of(columns_.begin(), columns_.end(), [](const auto& each) { return each->has_ttl(); });
}

// A map by the names of states, without those that the key has none of.
void keyed_store::write(std::size_t row, value_writer& out) const {
  const auto there = std::count_if(columns_.begin(), columns_.end(), [row](const auto& c) { return c->has(row); });
  out.begin_map(static_cast<std::size_t>(there));
  for (const auto& each : columns_) {
    if (!each->has(row)) continue;
    out.write_key(each->name());
    each->write(row, out);
  }
  out.end_map();
}

bool keyed_store::read(std::size_t row, value_reader& in) {
  container_cursor cursor;
  if (!in.begin_map(cursor)) return false;
  for (;;) {
    std::string_view name;
    const container_step step = in.next_key(cursor, name);
    if (step != container_step::element) return step == container_step::end;
    const auto known =
        std::find_if(columns_.begin(), columns_.end(), [name](const auto& c) { return c->name() == name; });
    if (known == columns_.end() && unknown_.find(name) == unknown_.end()) unknown_.emplace(name);
    if (!(known == columns_.end() ? in.skip_value() : (*known)->read(row, in))) return false;
  }
}

void keyed_store::check_restored(const std::string& uid) const {
  if (unknown_.empty() || may_lose_) return;
  std::string names;
  for (const std::string& one : unknown_) names += (names.empty() ? "'" : ", '") + one + "'";
  throw error(errc::invalid_argument, "the checkpoint holds the state " + names + ", which nobody declares any more",
              uid, "declare it under the name it had, or drop it with --allow-lost-state");
}

void keyed_store::clear(std::size_t row) noexcept {
  for (const auto& each : columns_) each->clear(row);
}

}  // namespace sage::state
