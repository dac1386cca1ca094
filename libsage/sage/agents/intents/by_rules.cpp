#include "sage/agents/intents/by_rules.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/error.hpp"

namespace sage {

namespace {

bool is_word_byte(char c) noexcept {
  // Bytes of other alphabets are taken for letters.
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string_view text) {
  std::string all(text);
  for (char& c : all) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return all;
}

std::size_t count_words(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word_byte(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !is_word_byte(text[end]))) ++count;
  }
  return count;
}

}  // namespace

by_rules::by_rules(std::vector<intent_rule> rules) : rules_(std::move(rules)) {
  for (intent_rule& rule : rules_) {
    if (rule.label.empty() || rule.words.empty()) {
      throw error(errc::invalid_argument, "a rule without a label or words", "by_rules");
    }
    for (std::string& word : rule.words) {
      if (word.empty()) throw error(errc::invalid_argument, "an empty word for '" + rule.label + "'", "by_rules");
      word = lower(word);
    }
  }
}

intent by_rules::operator()(std::string_view text) const {
  const std::string small = lower(text);
  const intent_rule* best = nullptr;
  std::size_t best_count = 0;
  std::size_t all = 0;
  for (const intent_rule& rule : rules_) {
    std::size_t count = 0;
    for (const std::string& word : rule.words) count += count_words(small, word);
    all += count;
    if (count > best_count) {
      best = &rule;
      best_count = count;
    }
  }
  if (!best) return {};
  return {best->label, static_cast<double>(best_count) / static_cast<double>(all)};
}

}  // namespace sage
