/// What the queries answer: docs/formats/nexmark.md says what the columns mean and how rows are ordered.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

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

}  // namespace nexmark
