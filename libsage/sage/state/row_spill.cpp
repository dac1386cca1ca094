#include "sage/state/row_spill.hpp"

#include <algorithm>
#include <utility>

namespace sage::state {

namespace {

// Rows of one batch of records must fit at once, whatever the limit says.
constexpr std::size_t rows_min = 2;
// Writes are grouped, so that each carries its share of the store's overhead only.
constexpr std::size_t group_max = 1024;

}  // namespace

row_spill::row_spill(std::unique_ptr<ordered_store> store, row_keys& keys, row_values& values, std::size_t bytes_max,
                     std::size_t rows_max, std::size_t bytes_per_row)
    : store_(std::move(store)),
      keys_(keys),
      values_(values),
      bytes_max_(bytes_max),
      rows_max_(rows_max),
      bytes_per_row_(bytes_per_row) {}

std::size_t row_spill::rows_max() const noexcept {
  if (rows_max_ > 0) return std::max(rows_max_, rows_min);
  // What a row owns is guessed from what it took when written: text and lists take about twice that in memory.
  const std::size_t owned = rows_written_ == 0 ? 64 : 2 * bytes_written_ / rows_written_;
  return std::max(bytes_max_ / (bytes_per_row_ + owned), std::size_t{group_max});
}

void row_spill::bring_in() {
  if (asked_.empty()) return;
  // The keys of rows that were asked for lie in one string; views are taken when it doesn't grow any more.
  names_.clear();
  std::vector<std::size_t> ends;
  ends.reserve(asked_.size());
  for (const std::size_t row : asked_) {
    names_.push_back(row_prefix);
    keys_.append_key(row, names_);
    ends.push_back(names_.size());
  }
  views_.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    views_.push_back(std::string_view(names_).substr(begin, end - begin));
    begin = end;
  }
  store_->get(views_, [&](std::size_t number, std::string_view value) {
    read_row(value, values_, asked_[number]);
    --rows_out_;
  });
  asked_.clear();
}

void row_spill::make_room() {
  const std::size_t most = rows_max();
  if (keys_.count() <= most) return;
  const std::size_t wanted = most - most / 8;
  const std::size_t end = keys_.end();
  touched_.resize(std::max(touched_.size(), end));
  // Twice around: the first time takes the marks away.
  for (std::size_t step = 0; step < 2 * end && keys_.count() > wanted; ++step) {
    if (hand_ >= end) hand_ = 0;
    const std::size_t row = hand_++;
    if (row >= keys_.end() || !keys_.has(row)) continue;
    if (std::exchange(touched_[row], std::uint8_t{0}) == 0) move_out(row);
  }
  write();
}

void row_spill::empty_memory() {
  for (std::size_t row = keys_.end(); row-- > 0;) {
    if (row < keys_.end() && keys_.has(row)) move_out(row);
  }
  write();
  std::fill(touched_.begin(), touched_.end(), std::uint8_t{0});
}

void row_spill::move_out(std::size_t row) {
  key_.assign(1, row_prefix);
  keys_.append_key(row, key_);
  if (values_.is_empty(row)) {
    if (has_written()) group_.erase(key_);  // what it was before
  } else {
    value_.clear();
    append_row(value_, values_, row);
    group_.put(key_, value_);
    bytes_written_ += value_.size() + key_.size();
    ++rows_written_;
    ++rows_out_;
  }
  values_.clear(row);
  keys_.leave(row);
  if (group_.size() >= group_max) write();
}

void row_spill::write() {
  if (group_.empty()) return;
  store_->write(group_);
  group_.clear();
}

bool row_spill::bring_next_in(std::string& cursor, std::size_t count) {
  std::vector<std::pair<std::string, std::string>> found;
  const std::string from = cursor.empty() ? std::string(1, row_prefix) : cursor;
  const std::string to(1, row_prefix + 1);
  store_->scan(from, to, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return found.size() < count;
  });
  if (found.empty()) return false;
  cursor = found.back().first + '\0';
  views_.clear();
  for (const auto& [key, value] : found) {
    views_.push_back(std::string_view(key).substr(1));
    group_.erase(key);
  }
  std::vector<std::size_t> rows;
  keys_.enter(views_, rows);
  asked_.clear();  // they are here
  for (std::size_t i = 0; i < rows.size(); ++i) read_row(found[i].second, values_, rows[i]);
  rows_out_ -= rows.size();
  write();
  return true;
}

}  // namespace sage::state
