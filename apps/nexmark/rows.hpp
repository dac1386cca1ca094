/// What the queries answer: docs/formats/nexmark.md says what the columns mean and how rows are ordered.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sage/sage.hpp>

namespace nexmark {

// Members stand in the order of the columns; rows are ordered by them from left to right.

struct bid_row {
  std::int64_t date_time = 0;
  std::uint64_t auction = 0;
  std::uint64_t bidder = 0;
  double price = 0;
  auto operator<=>(const bid_row&) const = default;
};
SAGE_DESCRIBE(bid_row, date_time, auction, bidder, price)

struct price_row {
  std::uint64_t auction = 0;
  std::uint64_t price = 0;
  auto operator<=>(const price_row&) const = default;
};
SAGE_DESCRIBE(price_row, auction, price)

struct local_item_row {
  std::uint64_t auction = 0;
  std::string name;
  std::string city;
  std::string state;
  auto operator<=>(const local_item_row&) const = default;
};
SAGE_DESCRIBE(local_item_row, auction, name, city, state)

struct category_row {
  std::uint64_t category = 0;
  std::uint64_t auctions = 0;
  double average_price = 0;
  auto operator<=>(const category_row&) const = default;
};
SAGE_DESCRIBE(category_row, category, auctions, average_price)

struct hot_row {
  std::int64_t window_start = 0;
  std::int64_t window_end = 0;
  std::uint64_t auction = 0;
  std::uint64_t bids = 0;
  auto operator<=>(const hot_row&) const = default;
};
SAGE_DESCRIBE(hot_row, window_start, window_end, auction, bids)

struct seller_row {
  std::uint64_t seller = 0;
  std::int64_t expires = 0;
  std::uint64_t auction = 0;
  double average_price = 0;
  auto operator<=>(const seller_row&) const = default;
};
SAGE_DESCRIBE(seller_row, seller, expires, auction, average_price)

struct highest_row {
  std::int64_t window_start = 0;
  std::uint64_t price = 0;
  std::uint64_t auction = 0;
  std::uint64_t bidder = 0;
  std::int64_t date_time = 0;
  auto operator<=>(const highest_row&) const = default;
};
SAGE_DESCRIBE(highest_row, window_start, price, auction, bidder, date_time)

struct new_seller_row {
  std::int64_t window_start = 0;
  std::uint64_t person = 0;
  std::string name;
  std::uint64_t auctions = 0;
  auto operator<=>(const new_seller_row&) const = default;
};
SAGE_DESCRIBE(new_seller_row, window_start, person, name, auctions)

/// Puts all rows in order: the result of several instances comes in any.
///
/// Shape       Row -> Row; all -> all, in order
/// Emits       at the end of the input
/// Holds back  everything until then
/// Cost        O(n log n); memory for all rows
template <class Row>
class in_order final : public sage::operators::operator_base {
 public:
  using input_type = Row;
  using output_type = Row;

  void open(sage::context& self) override { self_ = &self; }
  sage::operators::flow on_batch(sage::batch_ref records, sage::operators::output& out) override {
    static_cast<void>(out);
    const bool only_owner = records->unique();
    for (Row& row : static_cast<sage::batch<Row>&>(*records)) rows_.push_back(only_owner ? std::move(row) : row);
    fate_.passed += records->size();
    return sage::operators::flow::done;
  }
  sage::operators::flow on_end(sage::operators::output& out) override {
    std::sort(rows_.begin(), rows_.end());
    return resume(out);
  }
  sage::operators::flow resume(sage::operators::output& out) override {
    while (emitted_ < rows_.size()) {
      const std::size_t count = std::min(self_->batch_size(), rows_.size() - emitted_);
      auto made = sage::batch<Row>::make(self_->pool(), count);
      for (std::size_t i = 0; i < count; ++i) made->emplace_back(std::move(rows_[emitted_++]));
      if (!out.emit(sage::operators::main_port, sage::erase(std::move(made))))
        return sage::operators::flow::suspended;
    }
    return sage::operators::flow::done;
  }

 private:
  sage::context* self_ = nullptr;
  std::vector<Row> rows_;
  std::size_t emitted_ = 0;
};

}  // namespace nexmark
