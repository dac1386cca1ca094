#include "agent_service/intent.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sage/base/utf8.hpp"

namespace agent_service {

namespace {

constexpr std::size_t order_digits_min = 4;
constexpr std::size_t order_digits_max = 9;
constexpr std::size_t answer_words_max = 4;  // longer texts say what they want themselves

constexpr std::array<std::string_view, 8> refund_words{"refund",     "refunds", "refunded",  "reimburse",
                                                       "reimbursed", "return",  "returning", "moneyback"};
constexpr std::array<std::string_view, 26> order_words{
    "order",   "orders", "ordered",  "delivery", "deliver",  "delivered", "ship",      "shipped", "shipping",
    "package", "parcel", "tracking", "track",    "cancel",   "arrive",    "arrives",   "stock",   "available",
    "price",   "prices", "cost",     "costs",    "products", "sell",      "purchases", "bought"};
constexpr std::array<std::string_view, 12> talk_words{"hello", "hi",      "hey",  "thanks", "thank",   "bye",
                                                      "who",   "goodbye", "help", "good",   "morning", "name"};

template <std::size_t N>
bool has_any(const std::vector<std::string>& words, const std::array<std::string_view, N>& of) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return std::find(of.begin(), of.end(), word) != of.end(); });
}

bool has_pair(const std::vector<std::string>& words, std::string_view first, std::string_view second) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == first && words[i + 1] == second) return true;
  }
  return false;
}

bool has_address(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word.find('@') != std::string::npos; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string cut(std::string_view text) {
  std::string safe;
  sage::append_repaired_utf8(safe, text.substr(0, thread::text_bytes_max));
  std::replace(safe.begin(), safe.end(), '\n', ' ');
  return safe;
}

void hear(thread& known, std::string_view text) {
  known.intent = intent_of(text, known);
  if (std::string number = order_number_in(text); !number.empty()) known.order = std::move(number);
  known.texts.push_back(cut(text));
  if (known.texts.size() > thread::texts_max) known.texts.erase(known.texts.begin());
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    while (!word.empty() && (word.back() == '.' || word.back() == '-' || word.back() == '@')) word.pop_back();
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_plain = (lower >= 'a' && lower <= 'z') || is_digit(lower) || (lower & 0x80) != 0;
    const bool joins = lower == '@' || lower == '.' || lower == '-' || lower == '_' || lower == '+';
    if (is_plain || (joins && !word.empty())) {
      word += lower;
    } else if (lower != '\'') {  // "where's" is one word
      end_word();
    }
  }
  end_word();
  return words;
}

std::string order_number_in(std::string_view text) {
  for (const std::string& word : words_of(text)) {
    const bool fits = word.size() >= order_digits_min && word.size() <= order_digits_max;
    if (fits && std::all_of(word.begin(), word.end(), is_digit)) return word;
  }
  return {};
}

std::string intent_of(std::string_view text, const thread& so_far) {
  const std::vector<std::string> words = words_of(text);
  if (has_any(words, refund_words) || has_pair(words, "money", "back")) return "refund";
  if (has_any(words, order_words) || has_address(words)) return "order";
  const bool is_number = !order_number_in(text).empty();
  const bool was_business = so_far.intent == "order" || so_far.intent == "refund";
  if (is_number) return was_business ? so_far.intent : "order";
  if (has_any(words, talk_words) || !was_business) return "talk";
  return words.size() <= answer_words_max ? so_far.intent : "talk";
}

std::string conversation_of(const sage::completion_call& call) {
  // Names of callers have no '/'; a conversation's own name may have anything.
  return call.tenant + (call.remembers ? "/named/" : "/single/") + call.conversation;
}

request classify(thread& known, sage::completion_call call) {
  if (!call.remembers) known = {};
  const auto is_users = [](const sage::chat_message& message) { return message.role == sage::chat_role::user; };
  const auto last = std::find_if(call.messages.rbegin(), call.messages.rend(), is_users);
  if (last != call.messages.rend()) {
    for (auto next = call.messages.begin(); next != last.base() - 1; ++next) {
      if (is_users(*next)) hear(known, next->text);
    }
  }
  request made;
  for (const std::string& text : known.texts) made.before += "- " + text + "\n";
  hear(known, call.text);
  made.intent = known.intent;
  made.order = known.order;
  made.conversation = conversation_of(call);
  if (!call.remembers) known = {};
  made.call = std::move(call);
  return made;
}

}  // namespace agent_service
