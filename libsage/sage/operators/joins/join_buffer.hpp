/// The records of one key that wait for others, in order of time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sage/base/event_time.hpp"
#include "sage/model/value_codec.hpp"

namespace sage::operators {

/// A queue sorted by time; records of one time stay in the order in which they came.
///
/// Cost  O(1) to add a record that is the newest, O(newer ones) for others; O(log n) to find a span; O(1) to drop the
///       oldest
template <class T>
class join_buffer {
 public:
  struct entry {
    event_time time;
    bool open;  ///< it leaves alone if nobody comes
    T record;
  };

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size() - first_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] auto begin() const noexcept { return entries_.begin() + static_cast<std::ptrdiff_t>(first_); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }
  [[nodiscard]] entry& front() noexcept { return entries_[first_]; }
  [[nodiscard]] const entry& front() const noexcept { return entries_[first_]; }

  template <class Record>
  void add(event_time time, bool open, Record&& record) {
    if (first_ > 16 && first_ * 2 > entries_.size()) shrink();
    auto at = entries_.end();
    while (at != begin() && std::prev(at)->time > time) --at;
    entries_.insert(at, entry{time, open, std::forward<Record>(record)});
  }
  void pop_front() noexcept(std::is_nothrow_move_constructible_v<T>) {
    ++first_;
    if (first_ < entries_.size()) return;
    entries_.clear();
    first_ = 0;
    if (entries_.capacity() > 64) entries_.shrink_to_fit();
  }
  /// Those with a time from `from` to `to`, both included.
  [[nodiscard]] std::span<entry> between(event_time from, event_time to) noexcept {
    const auto low =
        std::lower_bound(begin(), entries_.end(), from, [](const entry& e, event_time t) { return e.time < t; });
    const auto high =
        std::upper_bound(low, entries_.end(), to, [](event_time t, const entry& e) { return t < e.time; });
    return std::span<entry>(low, high);
  }
  void write(value_writer& out) const {
    out.begin_list(3 * size());
    for (std::size_t i = first_; i < entries_.size(); ++i) {
      out.write_int64(entries_[i].time);
      out.write_bool(entries_[i].open);
      write_value(out, entries_[i].record);
    }
    out.end_list();
  }
  /// Reads what `write` has written into a queue that is empty.
  bool read(value_reader& in) {
    container_cursor all;
    if (!in.begin_list(all)) return false;
    while (in.next_element(all) == container_step::element) {
      entry one{};
      if (!read_value(in, one.time) || in.next_element(all) != container_step::element || !in.read_bool(one.open) ||
          in.next_element(all) != container_step::element || !read_value(in, one.record)) {
        return false;
      }
      entries_.push_back(std::move(one));
    }
    return !in.failed();
  }

 private:
  [[nodiscard]] auto begin() noexcept { return entries_.begin() + static_cast<std::ptrdiff_t>(first_); }
  void shrink() {
    entries_.erase(entries_.begin(), begin());
    first_ = 0;
  }

  std::vector<entry> entries_;
  std::size_t first_ = 0;
};

}  // namespace sage::operators
