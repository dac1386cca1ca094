#include "ask/writing/evidence.hpp"

#include <algorithm>
#include <utility>

#include "ask/tokens.hpp"

namespace ask {

namespace {

/// The words in their order, identifiers by their parts.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> all;
  word_reader reader(text);
  for (word next; reader.next(next);) {
    if (!next.is_compound) all.emplace_back(next.text);
  }
  return all;
}

std::vector<std::string> terms_of(std::string_view text, term_finder& finder) {
  std::vector<std::string> all;
  word_reader reader(text);
  for (word next; reader.next(next);) {
    if (next.is_compound) continue;
    if (const auto term = finder.term_of(next); !term.empty()) all.emplace_back(term);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool has_digit(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What stands between the quotation marks of `text`; a mark without its partner quotes nothing.
std::vector<std::string_view> quotations_of(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> marks[] = {{"\"", "\""}, {"“", "”"}};
  std::vector<std::string_view> found;
  for (const auto& [open, close] : marks) {
    for (auto begin = text.find(open); begin != std::string_view::npos;) {
      begin += open.size();
      const auto end = text.find(close, begin);
      if (end == std::string_view::npos) break;
      found.push_back(text.substr(begin, end - begin));
      begin = text.find(open, end + close.size());
    }
  }
  return found;
}

}  // namespace

evidence::evidence(std::string_view title, std::string_view section, std::string_view text, term_finder& terms) {
  const std::string whole = std::string(title) + "\n" + std::string(section) + "\n" + std::string(text);
  words_ = words_of(whole);
  sorted_ = words_;
  std::sort(sorted_.begin(), sorted_.end());
  terms_ = terms_of(whole, terms);
}

bool evidence::has_word(const std::string& word) const {
  return std::binary_search(sorted_.begin(), sorted_.end(), word);
}

bool evidence::has_sequence(const std::vector<std::string>& words) const {
  return std::search(words_.begin(), words_.end(), words.begin(), words.end()) != words_.end() || words.empty();
}

bool evidence::supports(std::string_view claim, term_finder& terms) const {
  for (const auto quoted : quotations_of(claim)) {
    if (!has_sequence(words_of(quoted))) return false;
  }
  for (const auto& word : words_of(claim)) {
    if (has_digit(word) && !has_word(word)) return false;
  }
  const auto wanted = terms_of(claim, terms);
  const auto known = std::count_if(wanted.begin(), wanted.end(), [this](const std::string& term) {
    return std::binary_search(terms_.begin(), terms_.end(), term);
  });
  return static_cast<double>(known) >= claim_share_min * static_cast<double>(wanted.size());
}

}  // namespace ask
