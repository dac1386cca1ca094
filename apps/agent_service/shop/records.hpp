/// What the shop's database answers: rows as agents and models see them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sage/sage.hpp>

namespace agent_service::shop {

/// One line of an order. Prices are cents of a euro always: money is counted, not measured.
struct order_line {
  std::string product;
  std::int64_t quantity = 0;
  std::int64_t price_cents = 0;  ///< of one
  friend bool operator==(const order_line&, const order_line&) = default;
};
SAGE_DESCRIBE(order_line, product, quantity, price_cents)

struct order {
  std::int64_t number = 0;
  std::string customer;
  std::string status;  ///< paid, packing, shipped, delivered, cancelled
  std::string ordered_on;
  std::string arrives_on;  ///< or arrived; empty when it isn't known
  std::string tracking;    ///< empty before it is shipped
  std::string refund;      ///< requested, or empty
  std::int64_t total_cents = 0;
  std::vector<order_line> lines;
  friend bool operator==(const order&, const order&) = default;
};
SAGE_DESCRIBE(order, number, customer, status, ordered_on, arrives_on, tracking, refund, total_cents, lines)

struct order_summary {
  std::int64_t number = 0;
  std::string status;
  std::string ordered_on;
  std::int64_t total_cents = 0;
  friend bool operator==(const order_summary&, const order_summary&) = default;
};
SAGE_DESCRIBE(order_summary, number, status, ordered_on, total_cents)

/// The latest orders of a customer, newest first.
struct customer_orders {
  std::string customer;
  std::vector<order_summary> orders;
  bool more = false;  ///< there are older ones
  friend bool operator==(const customer_orders&, const customer_orders&) = default;
};
SAGE_DESCRIBE(customer_orders, customer, orders, more)

struct product_stock {
  std::string product;
  std::int64_t price_cents = 0;
  std::int64_t in_stock = 0;
  friend bool operator==(const product_stock&, const product_stock&) = default;
};
SAGE_DESCRIBE(product_stock, product, price_cents, in_stock)

struct stock_list {
  std::vector<product_stock> products;
  friend bool operator==(const stock_list&, const stock_list&) = default;
};
SAGE_DESCRIBE(stock_list, products)

/// What a change has done: written once, or found done before.
struct order_change {
  std::int64_t number = 0;
  std::string status;  ///< of the order, afterwards
  std::int64_t amount_cents = 0;
  bool was_done_before = false;
  friend bool operator==(const order_change&, const order_change&) = default;
};
SAGE_DESCRIBE(order_change, number, status, amount_cents, was_done_before)

}  // namespace agent_service::shop
