/// The accumulators of one stretch of time, by the rows of their keys.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sage::operators {

/// A sparse array of `A` by row, dense where it is filled: pages of 64 rows with a mask of which are there, so that
/// walking all is one scan in order of rows.
///
/// Cost  O(1) per access: two loads; a page takes 64 x sizeof(A) + 16 bytes
template <class A>
class pane {
 public:
  static constexpr std::size_t page_rows = 64;

  pane() = default;
  pane(pane&&) noexcept = default;
  pane& operator=(pane&&) noexcept = default;

  /// The accumulator in `row`, or null.
  [[nodiscard]] A* find(std::size_t row) noexcept {
    const std::size_t number = row / page_rows;
    if (number >= pages_.size() || !pages_[number]) return nullptr;
    page& at = *pages_[number];
    return (at.present & bit(row)) != 0 ? at.slot(row % page_rows) : nullptr;
  }
  [[nodiscard]] const A* find(std::size_t row) const noexcept { return const_cast<pane*>(this)->find(row); }

  /// Puts an accumulator into `row`, which is free.
  A& put(std::size_t row, A value) {
    page& at = open(row / page_rows);
    A* const made = ::new (static_cast<void*>(at.slot(row % page_rows))) A(std::move(value));
    at.present |= bit(row);
    ++size_;
    return *made;
  }
  /// Takes the accumulator out of `row`, which isn't free.
  void erase(std::size_t row) noexcept {
    page& at = *pages_[row / page_rows];
    std::destroy_at(at.slot(row % page_rows));
    at.present &= ~bit(row);
    at.changed &= ~bit(row);
    --size_;
  }

  /// Notes that the accumulator in `row` has changed since the last `take_changed`.
  void note_change(std::size_t row) noexcept { pages_[row / page_rows]->changed |= bit(row); }
  /// Which rows of a page have changed.
  [[nodiscard]] std::uint64_t changed(std::size_t page_number) const noexcept {
    return page_number < pages_.size() && pages_[page_number] ? pages_[page_number]->changed : 0;
  }
  void forget_changes() noexcept {
    for (const auto& each : pages_) {
      if (each) each->changed = 0;
    }
  }

  /// Which rows of a page are there.
  [[nodiscard]] std::uint64_t present(std::size_t page_number) const noexcept {
    return page_number < pages_.size() && pages_[page_number] ? pages_[page_number]->present : 0;
  }
  [[nodiscard]] std::size_t pages() const noexcept { return pages_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Calls `each(row, accumulator)` in order of rows.
  template <class Each>
  void for_each(Each&& each) {
    for (std::size_t number = 0; number < pages_.size(); ++number) {
      for (std::uint64_t left = present(number); left != 0; left &= left - 1) {
        const auto in_page = static_cast<std::size_t>(std::countr_zero(left));
        each(number * page_rows + in_page, *pages_[number]->slot(in_page));
      }
    }
  }

  /// Fetches what `find(row)` will look at.
  void prefetch(std::size_t row) const noexcept {
    const std::size_t number = row / page_rows;
    if (number < pages_.size() && pages_[number]) __builtin_prefetch(pages_[number]->slot(row % page_rows));
  }

 private:
  struct page {
    page() = default;
    ~page() {
      for (; present != 0; present &= present - 1) {
        std::destroy_at(slot(static_cast<std::size_t>(std::countr_zero(present))));
      }
    }
    page(const page&) = delete;
    page& operator=(const page&) = delete;
    A* slot(std::size_t i) noexcept { return reinterpret_cast<A*>(room) + i; }

    std::uint64_t present = 0;
    std::uint64_t changed = 0;
    alignas(A) std::byte room[page_rows * sizeof(A)];
  };

  static std::uint64_t bit(std::size_t row) noexcept { return std::uint64_t{1} << (row % page_rows); }
  page& open(std::size_t number) {
    if (number >= pages_.size()) pages_.resize(number + 1);
    // Without parentheses: the room is not to be cleared.
    if (!pages_[number]) pages_[number].reset(new page);
    return *pages_[number];
  }

  std::vector<std::unique_ptr<page>> pages_;
  std::size_t size_ = 0;
};

}  // namespace sage::operators
