#include "agent_service/shop/shop_tools.hpp"

#include <string>
#include <utility>

namespace agent_service::shop {

struct order_query {
  std::int64_t number = 0;
};
SAGE_DESCRIBE(order_query, number)
SAGE_EXPLAIN(order_query, {"number", "of the order, four digits or more, such as 1001"})

struct customer_query {
  std::string email;
};
SAGE_DESCRIBE(customer_query, email)
SAGE_EXPLAIN(customer_query, {"email", "address that the customer has given to the shop"})

struct refund_wish {
  std::int64_t number = 0;
  std::string reason;
};
SAGE_DESCRIBE(refund_wish, number, reason)
SAGE_EXPLAIN(refund_wish, {"number", "of the order"}, {"reason", "in the customer's words, one sentence"})

struct product_query {
  std::string product;
};
SAGE_DESCRIBE(product_query, product)
SAGE_EXPLAIN(product_query, {"product", "words of its name, such as \"desk lamp\"; empty lists everything"})

void add_tools(sage::agent_resources& to, std::shared_ptr<database> in) {
  const auto blocking = sage::tool_execution::blocking;
  to.tool(sage::make_tool(
      "find_order", "Looks an order up: status, dates, tracking number, goods, total, refund.",
      [in](const order_query& q) { return in->find_order(q.number); }, blocking));
  to.tool(sage::make_tool(
      "orders_of_customer", "Lists the latest orders of a customer.",
      [in](const customer_query& q) { return in->orders_of(q.email); }, blocking));
  to.tool(sage::make_tool(
      "product_stock", "Prices and stock of the products whose name has the words.",
      [in](const product_query& q) { return in->stock_of(q.product); }, blocking));
  to.tool(sage::make_tool(
      "cancel_order", "Cancels an order that has not been shipped. Can't be undone.",
      [in](const order_query& q) { return in->cancel_order(q.number); }, blocking));
  to.tool(sage::make_tool(
      "request_refund", "Files a refund request for an order that was shipped or delivered.",
      [in](const refund_wish& q) { return in->ask_for_refund(q.number, q.reason); }, blocking));
}

}  // namespace agent_service::shop
