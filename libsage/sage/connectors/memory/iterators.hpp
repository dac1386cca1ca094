/// Sources from iterators and ranges of the standard library.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include "sage/connectors/memory/turn_watch.hpp"
#include "sage/operators/source.hpp"

namespace sage {

/// The records that a pair of iterators yields, in order; one split. What they point into must outlive the job, and
/// nobody else may change it meanwhile.
///
/// Shape  nothing -> std::iter_value_t<I>, copied; moved where the iterator yields a temporary or a move_iterator is
/// used
template <std::input_iterator I, std::sentinel_for<I> S>
class iterators {
 public:
  using record_type = std::iter_value_t<I>;
  iterators(I first, S last) : first_(std::move(first)), last_(std::move(last)) {}

  static const char* kind() { return "iterators"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    if constexpr (std::sized_sentinel_for<S, I>) {
      p.records_total = static_cast<std::uint64_t>(std::ranges::distance(first_, last_));
      p.splits = {split{"iterators", 0, p.records_total, 0}};
    } else {
      p.splits = {split{"iterators", 0, 0, 0}};
    }
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<record_type>> make_reader() const {
    return std::make_unique<reader>(first_, last_);
  }

 private:
  class reader final : public source_reader<record_type> {
   public:
    reader(I first, S last) : at_(std::move(first)), last_(std::move(last)) {}
    void open(context& self) override { turn_.open(self); }
    void start(const split& part, std::uint64_t position) override {
      static_cast<void>(part);
      for (; position_ < position && at_ != last_; ++position_) ++at_;
    }
    read_status read(batch<record_type>& into, std::size_t records_max) override {
      turn_.begin();
      for (std::size_t i = 0; i < records_max && at_ != last_; ++i, ++at_, ++position_) {
        if (turn_.is_over(i)) break;
        into.emplace_back(*at_);
      }
      return at_ == last_ ? read_status::end_of_split : read_status::more;
    }
    std::uint64_t position() const override { return position_; }

   private:
    I at_;
    S last_;
    turn_watch turn_;
    std::uint64_t position_ = 0;
  };
  I first_;
  S last_;
};

/// The elements of `[first, last)`: `env.from_source(sage::iterate(table.begin(), table.end()))`.
template <std::input_iterator I, std::sentinel_for<I> S>
[[nodiscard]] iterators<I, S> iterate(I first, S last) {
  return {std::move(first), std::move(last)};
}

/// The elements of a range that outlives the job: `env.from_source(sage::iterate(records))`. Views may be
/// temporaries, containers may not.
template <std::ranges::input_range R>
requires std::ranges::borrowed_range<R> || std::is_lvalue_reference_v<R>
[[nodiscard]] auto iterate(R&& range) {
  return iterate(std::ranges::begin(range), std::ranges::end(range));
}

}  // namespace sage
