#include "agent_service/model/stand_in_rules.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent_service/intent.hpp"
#include "agent_service/model/stand_in_phrases.hpp"
#include "agent_service/shop/records.hpp"

namespace agent_service {

using sage::chat_message;
using sage::chat_reply;
using sage::chat_request;
using sage::chat_role;

namespace {

struct number_arguments {
  std::int64_t number = 0;
};
SAGE_DESCRIBE(number_arguments, number)
struct refund_arguments {
  std::int64_t number = 0;
  std::string reason;
};
SAGE_DESCRIBE(refund_arguments, number, reason)
struct email_arguments {
  std::string email;
};
SAGE_DESCRIBE(email_arguments, email)
struct product_arguments {
  std::string product;
};
SAGE_DESCRIBE(product_arguments, product)
struct agent_arguments {
  std::string agent;
};
SAGE_DESCRIBE(agent_arguments, agent)

constexpr std::size_t reason_bytes_max = 200;
constexpr std::string_view offer_to_cancel = "Shall I cancel it instead?";

bool has_any(const std::vector<std::string>& words, std::initializer_list<std::string_view> of) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return std::find(of.begin(), of.end(), word) != of.end(); });
}

/// What the request says, as far as the rules look at it.
class talk {
 public:
  explicit talk(const chat_request& request) : request_(request) {
    const auto& all = request.messages;
    const auto is_users = [](const chat_message& message) { return message.role == chat_role::user; };
    const auto last = std::find_if(all.rbegin(), all.rend(), is_users);
    users_ = last == all.rend() ? all.end() : last.base() - 1;
    if (users_ != all.end()) text_ = users_->text;
    words_ = words_of(text_);
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }
  [[nodiscard]] bool says(std::initializer_list<std::string_view> any) const { return has_any(words_, any); }

  [[nodiscard]] bool may(std::string_view tool) const {
    return request_.choice != sage::tool_choice::none &&
           std::any_of(request_.tools.begin(), request_.tools.end(),
                       [&](const auto& one) { return one.name == tool; });
  }
  /// The result of a tool that this turn's last step has called.
  [[nodiscard]] const chat_message* result() const {
    if (users_ == request_.messages.end() || request_.messages.back().role != chat_role::tool) return nullptr;
    return &request_.messages.back();
  }
  [[nodiscard]] std::string address() const {
    const auto found = std::find_if(words_.begin(), words_.end(),
                                    [](const auto& word) { return word.find('@') != std::string::npos; });
    return found == words_.end() ? std::string() : *found;
  }
  /// The order that is meant: named now, else the one that the prompt says was spoken of last.
  [[nodiscard]] std::optional<std::int64_t> order() const {
    std::string number = order_number_in(text_);
    if (number.empty()) number = order_number_in(line_of_prompt("Order spoken of last:"));
    if (number.empty()) return std::nullopt;
    return std::stoll(number);
  }
  /// Why the customer wants money back: this message, or the one before that said more than a number.
  [[nodiscard]] std::string reason() const {
    const chat_message* best = nullptr;
    for (const chat_message& message : request_.messages) {
      if (message.role != chat_role::user) continue;
      const bool says_more = words_of(message.text).size() > 2;
      if (best == nullptr || says_more) best = &message;
    }
    if (best == nullptr) return "none given";
    std::string text = best->text.substr(0, reason_bytes_max);
    while (!text.empty() && best->text.size() > text.size() && (best->text[text.size()] & 0xC0) == 0x80)
      text.pop_back();
    return text;
  }
  /// Whether the customer says yes to what was offered.
  [[nodiscard]] bool agrees_to(std::string_view offer) const {
    if (!says({"yes", "please", "ok", "okay", "sure"}) || users_ == request_.messages.begin()) return false;
    const chat_message& before = *(users_ - 1);
    return before.role == chat_role::assistant && before.text.find(offer) != std::string::npos;
  }

 private:
  [[nodiscard]] std::string_view line_of_prompt(std::string_view begin) const {
    if (request_.messages.empty() || request_.messages.front().role != chat_role::system) return {};
    const std::string_view prompt = request_.messages.front().text;
    const std::size_t at = prompt.find(begin);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = prompt.substr(at + begin.size());
    return rest.substr(0, rest.find('\n'));
  }

  const chat_request& request_;
  std::vector<chat_message>::const_iterator users_;
  std::string text_;
  std::vector<std::string> words_;
};

chat_reply say(std::string text) {
  chat_reply reply;
  reply.text = std::move(text);
  return reply;
}

template <class T>
chat_reply call(std::string tool, const T& arguments) {
  chat_reply reply;
  reply.finish = sage::finish_reason::tool_calls;
  reply.tool_calls.push_back({"call_" + tool, std::move(tool), sage::to_json(arguments)});
  return reply;
}

// What is left of a question about products when the words of any question are gone.
std::string product_in(const talk& heard) {
  std::string product;
  for (const std::string& word : heard.words()) {
    if (has_any({word}, {"do",     "you",    "have",      "has",   "the",   "a",     "an",       "any",  "in",
                         "stock",  "still",  "is",        "are",   "there", "how",   "many",     "much", "price",
                         "prices", "of",     "cost",      "costs", "does",  "what",  "whats",    "left", "for",
                         "your",   "it",     "available", "and",   "on",    "which", "products", "sell", "list",
                         "all",    "please", "me",        "tell",  "about", "can",   "i",        "buy"})) {
      continue;
    }
    const bool is_plural = word.size() > 3 && word.back() == 's';
    product += (product.empty() ? "" : " ") + (is_plural ? word.substr(0, word.size() - 1) : word);
  }
  return product;
}

// The order desk and the refund desk, before a tool has answered.
chat_reply begin(const talk& heard) {
  const bool wants_money = heard.says({"refund", "refunds", "refunded", "return", "money", "broken", "damaged",
                                       "wrong", "defective", "cracked", "scratched"});
  const auto number = heard.order();
  if (wants_money && heard.may("hand_off")) return call("hand_off", agent_arguments{"refund"});
  const bool cancels = heard.says({"cancel", "cancelled"}) || heard.agrees_to(offer_to_cancel);
  if (cancels && heard.may("cancel_order")) {
    return number ? call("cancel_order", number_arguments{*number})
                  : say("Which order shall I cancel? I need its number.");
  }
  if (heard.may("request_refund")) {
    return number ? call("find_order", number_arguments{*number})
                  : say("I can take a refund request. Which order is it? I need its number.");
  }
  if (!heard.address().empty() && heard.may("orders_of_customer")) {
    return call("orders_of_customer", email_arguments{heard.address()});
  }
  const bool asks_for_goods =
      heard.says({"stock", "available", "price", "prices", "cost", "costs", "sell", "products"});
  if (asks_for_goods && heard.may("product_stock"))
    return call("product_stock", product_arguments{product_in(heard)});
  if (number && heard.may("find_order")) return call("find_order", number_arguments{*number});
  return say("Which order is it? Please tell me its number, or the e-mail address that you ordered with.");
}

// The refund desk has looked the order up.
chat_reply go_on(const talk& heard, const shop::order& found) {
  if (!found.refund.empty()) return say(phrase_found(found));
  if (found.status == "shipped" || found.status == "delivered") {
    return call("request_refund", refund_arguments{found.number, heard.reason()});
  }
  if (found.status == "cancelled") return say(phrase_found(found));
  return say(phrase_found(found) + " It has not left us yet. " + std::string(offer_to_cancel));
}

}  // namespace

chat_reply stand_in_reply(const chat_request& request) {
  const talk heard(request);
  if (request.tools.empty()) return say(phrase_small_talk(heard.words()));
  const chat_message* const result = heard.result();
  if (result == nullptr) return begin(heard);
  if (result->name == "find_order" && heard.may("request_refund")) {
    if (const auto found = sage::from_json<shop::order>(result->text)) return go_on(heard, *found);
  }
  return say(phrase_result(result->name, result->text));
}

}  // namespace agent_service
