#include "sage/state/spilled_timers.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace sage::state {

namespace {

// Timers that fire together: their rows are in memory at once.
constexpr std::size_t due_max = 1024;
constexpr std::size_t time_bytes = 8;

}  // namespace

spilled_timers::spilled_timers(row_spill& rows, char kind) : rows_(rows), prefix_{'t', kind} {}

// Times that order as their bytes do: big-endian, with the sign turned over.
std::string spilled_timers::name_of(event_time time, std::size_t row) const {
  const std::uint64_t shifted = static_cast<std::uint64_t>(time) ^ std::uint64_t{1} << 63;
  std::string name;
  for (std::size_t i = time_bytes; i-- > 0;) name.push_back(static_cast<char>(shifted >> (8 * i)));
  rows_.keys().append_key(row, name);
  return name;
}

event_time spilled_timers::time_of(const std::string& name) noexcept {
  std::uint64_t shifted = 0;
  for (std::size_t i = 0; i < time_bytes; ++i) shifted = shifted << 8 | static_cast<unsigned char>(name[i]);
  return static_cast<event_time>(shifted ^ std::uint64_t{1} << 63);
}

void spilled_timers::set(event_time time, std::size_t row) {
  std::string name = name_of(time, row);
  if (is_near(name)) {
    next_.insert(std::move(name));
    if (next_.size() > kept_max) move_later_ones_out();
  } else {
    group_.put(prefix_ + name, {});
    if (group_.size() >= due_max) write();
  }
}

void spilled_timers::erase(event_time time, std::size_t row) {
  const std::string name = name_of(time, row);
  if (is_near(name)) {
    next_.erase(name);
  } else {
    group_.erase(prefix_ + name);
    if (group_.size() >= due_max) write();
  }
}

event_time spilled_timers::next() const noexcept {
  if (!next_.empty()) return time_of(*next_.begin());
  return is_all_ ? end_of_time : time_of(last_near_);
}

bool spilled_timers::take_due(event_time limit, std::vector<timer_queue::due_timer>& due) {
  due.clear();
  if (next_.empty() && !is_all_ && time_of(last_near_) <= limit) bring_next_ones_in();
  if (next_.empty() || time_of(*next_.begin()) > limit) return false;
  rows_.make_room();
  const event_time time = time_of(*next_.begin());
  auto last = next_.begin();
  std::vector<std::string_view> keys;
  for (; last != next_.end() && keys.size() < due_max && time_of(*last) == time; ++last) {
    keys.push_back(std::string_view(*last).substr(time_bytes));
  }
  std::vector<std::size_t> rows;
  rows_.keys().enter(keys, rows);
  rows_.bring_in();
  for (const std::size_t row : rows) due.push_back({time, static_cast<std::uint32_t>(row)});
  next_.erase(next_.begin(), last);
  return true;
}

void spilled_timers::move_later_ones_out() {
  const auto first = std::next(next_.begin(), static_cast<std::ptrdiff_t>(kept_max / 2));
  for (auto one = first; one != next_.end(); ++one) group_.put(prefix_ + *one, {});
  next_.erase(first, next_.end());
  last_near_ = *next_.rbegin();
  is_all_ = false;
  write();
}

void spilled_timers::bring_next_ones_in() {
  write();
  std::string from = prefix_ + last_near_ + '\0';
  std::string to = prefix_;
  ++to.back();
  is_all_ = true;
  rows_.store().scan(from, to, [&](std::string_view key, std::string_view) {
    if (next_.size() >= kept_max / 2) {
      is_all_ = false;
      return false;
    }
    next_.insert(next_.end(), std::string(key.substr(prefix_.size())));
    return true;
  });
  for (const std::string& name : next_) group_.erase(prefix_ + name);
  if (!next_.empty()) last_near_ = *next_.rbegin();
  write();
}

void spilled_timers::write() {
  if (group_.empty()) return;
  rows_.store().write(group_);
  group_.clear();
}

void spilled_timers::for_each(const std::function<void(event_time time, std::string_view key)>& each) {
  write();
  for (const std::string& name : next_) each(time_of(name), std::string_view(name).substr(time_bytes));
  if (is_all_) return;
  const std::string from = prefix_ + last_near_ + '\0';
  std::string to = prefix_;
  ++to.back();
  rows_.store().scan(from, to, [&](std::string_view key, std::string_view) {
    const std::string name(key.substr(prefix_.size()));
    each(time_of(name), std::string_view(name).substr(time_bytes));
    return true;
  });
}

void spilled_timers::clear() {
  write();
  while (!is_all_) {
    next_.clear();
    bring_next_ones_in();
  }
  next_.clear();
}

}  // namespace sage::state
