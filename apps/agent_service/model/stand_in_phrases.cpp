#include "agent_service/model/stand_in_phrases.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace agent_service {

namespace {

bool has_any(const std::vector<std::string>& words, std::initializer_list<std::string_view> of) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return std::find(of.begin(), of.end(), word) != of.end(); });
}

std::string phrase_orders(const shop::customer_orders& found) {
  if (found.orders.empty()) return found.customer + " has no orders yet.";
  std::string text = found.customer + " has " + std::to_string(found.orders.size()) +
                     (found.orders.size() == 1 ? " order: " : " orders: ");
  for (std::size_t i = 0; i < found.orders.size(); ++i) {
    const shop::order_summary& one = found.orders[i];
    text += (i == 0 ? "" : ", ") + std::to_string(one.number) + " of " + one.ordered_on + " (" + one.status + ", " +
            phrase_money(one.total_cents) + ")";
  }
  return text + (found.more ? " and older ones." : ".");
}

std::string phrase_stock(const shop::stock_list& found) {
  std::string text;
  for (const shop::product_stock& one : found.products) {
    if (!text.empty()) text += ' ';
    text += "The " + one.product + " costs " + phrase_money(one.price_cents) +
            (one.in_stock > 0 ? " and is in stock (" + std::to_string(one.in_stock) + ")." : " and is sold out.");
  }
  return text;
}

std::string phrase_cancelled(const shop::order_change& done) {
  const std::string number = std::to_string(done.number);
  if (done.was_done_before) return "Order " + number + " was cancelled before; there is nothing left to do.";
  return "I have cancelled order " + number + ". You get " + phrase_money(done.amount_cents) +
         " back the way you paid.";
}

std::string phrase_refund(const shop::order_change& done) {
  const std::string what = phrase_money(done.amount_cents) + " for order " + std::to_string(done.number);
  if (done.was_done_before) return "A refund of " + what + " was requested before; it is being looked at.";
  return "I am sorry about that. I have requested a refund of " + what + "; you will hear from us by e-mail.";
}

// "the tool failed: there is no order 7777 (ask the customer for its number)": the advice was for us.
std::string phrase_failure(std::string_view result) {
  constexpr std::string_view prefix = "the tool failed: ";
  if (result.starts_with(prefix)) result.remove_prefix(prefix.size());
  result = result.substr(0, result.find(" ("));
  return "I am sorry: " + std::string(result) + ".";
}

template <class T, class F>
std::string phrase_json(const std::string& result, F phrase) {
  const auto read = sage::from_json<T>(result);
  return read ? phrase(*read) : phrase_failure(result);
}

}  // namespace

std::string phrase_money(std::int64_t cents) {
  const std::string small = std::to_string(cents % 100);
  return "EUR " + std::to_string(cents / 100) + "." + (small.size() < 2 ? "0" : "") + small;
}

std::string phrase_found(const shop::order& found) {
  std::string text = "Order " + std::to_string(found.number);
  std::string goods;
  for (const shop::order_line& line : found.lines) {
    goods += (goods.empty() ? "" : ", ") + std::to_string(line.quantity) + " x " + line.product;
  }
  if (!goods.empty()) text += " (" + goods + ", " + phrase_money(found.total_cents) + ")";
  const std::string when = found.arrives_on.empty() ? "" : " and should arrive on " + found.arrives_on;
  if (found.status == "delivered") {
    text += " was delivered" + (found.arrives_on.empty() ? "." : " on " + found.arrives_on + ".");
  } else if (found.status == "shipped") {
    text += " is on its way" + when + "; its tracking number is " + found.tracking + ".";
  } else if (found.status == "packing") {
    text += " is being packed" + when + ".";
  } else if (found.status == "cancelled") {
    text += " was cancelled, and its money was returned.";
  } else {
    text += " is paid and waits to be packed.";
  }
  if (!found.refund.empty()) text += " A refund was requested for it.";
  return text;
}

std::string phrase_result(const std::string& tool, const std::string& result) {
  if (tool == "find_order") return phrase_json<shop::order>(result, phrase_found);
  if (tool == "orders_of_customer") return phrase_json<shop::customer_orders>(result, phrase_orders);
  if (tool == "product_stock") return phrase_json<shop::stock_list>(result, phrase_stock);
  if (tool == "cancel_order") return phrase_json<shop::order_change>(result, phrase_cancelled);
  if (tool == "request_refund") return phrase_json<shop::order_change>(result, phrase_refund);
  return phrase_failure(result);
}

std::string phrase_small_talk(const std::vector<std::string>& words) {
  const std::string can =
      "I can look up an order by its number, list your orders by e-mail address, cancel what has not left yet, tell "
      "prices and stock, and take refund requests.";
  if (has_any(words, {"thanks", "thank"})) return "You are welcome! Is there anything else?";
  if (has_any(words, {"bye", "goodbye"})) return "Goodbye, and thank you for calling at Lantern & Loom!";
  if (has_any(words, {"who", "name", "robot", "human", "model", "ai"})) {
    return "I am the stand-in at Lantern & Loom's desk: a handful of rules, no language model. " + can;
  }
  if (has_any(words, {"hello", "hi", "hey", "morning", "good"})) return "Hello, this is Lantern & Loom! " + can;
  if (has_any(words, {"help", "what", "can"})) return can;
  return "I am only a stand-in with a few rules and did not understand that. " + can;
}

}  // namespace agent_service
