#include "ask/writing/citations.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "ask/sentences.hpp"
#include "ask/text/blocks.hpp"
#include "ask/tokens.hpp"

namespace ask {

namespace {

constexpr std::size_t mark_bytes_max = 32;  ///< "[1, 2, 3]" and more; what is longer is no citation

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool belongs_to_mark(char c) {
  return is_digit(c) || c == ',' || c == ' ' || c == ';';
}

/// The numbers in "[1, 2]"; what is too large for one names no passage.
std::vector<std::size_t> numbers_in(std::string_view mark) {
  std::vector<std::size_t> all;
  for (std::size_t at = 0; at < mark.size();) {
    if (!is_digit(mark[at])) {
      ++at;
      continue;
    }
    std::size_t number = 0;
    const auto* const begin = mark.data() + at;
    const auto read = std::from_chars(begin, mark.data() + mark.size(), number);
    all.push_back(read.ec == std::errc() ? number : 0);
    at += static_cast<std::size_t>(read.ptr - begin);
  }
  return all;
}

bool has_words(std::string_view text) {
  word next;
  return word_reader(text).next(next);
}

}  // namespace

citation_reader::citation_reader(std::vector<evidence> passages, term_finder& terms)
    : passages_(std::move(passages)), terms_(&terms) {}

std::string citation_reader::add(std::string_view piece) {
  std::string out;
  for (const char next : piece) add(next, out);
  return out;
}

void citation_reader::add(char next, std::string& out) {
  if (!mark_.empty()) {
    const bool goes_on = belongs_to_mark(next) && mark_.size() < mark_bytes_max;
    const bool ends = next == ']' && std::any_of(mark_.begin(), mark_.end(), is_digit);
    if (goes_on || ends) mark_.push_back(next);
    if (ends) end_mark(out);
    if (goes_on || ends) return;
    const std::string text = std::exchange(mark_, {});
    plain_ += text;
    show(text, out);
  }
  if (next == '`') is_code_ = !is_code_;
  if (next == '[' && !is_code_) {
    mark_ = next;
    return;
  }
  plain_.push_back(next);
  show({&next, 1}, out);
}

void citation_reader::show(std::string_view text, std::string& out) {
  out += text;
  shown_ += text;
}

/// The words between the last citation and here, within the last sentence; what stands before two citations side by
/// side belongs to both.
std::string citation_reader::claim_before() const {
  const auto sentences = sentences_of(plain_);
  if (sentences.empty()) return {};
  const auto begin = static_cast<std::size_t>(sentences.back().data() - plain_.data());
  const auto since = std::max(begin, claimed_);
  if (const auto fresh = text::trim(std::string_view(plain_).substr(since)); has_words(fresh)) {
    return std::string(fresh);
  }
  return has_words(sentences.back()) && claimed_ > begin ? last_claim_ : std::string();
}

void citation_reader::end_mark(std::string& out) {
  const auto numbers = numbers_in(std::exchange(mark_, {}));
  const auto claim = claim_before();
  std::string kept;
  for (const auto number : numbers) {
    if (number == 0 || number > passages_.size()) {
      ++removed_;
      continue;
    }
    const bool is_open = claim.empty();
    const bool is_supported = is_open || passages_[number - 1].supports(claim, *terms_);
    if (is_open) open_.emplace_back(citations_.size(), plain_.size());
    citations_.push_back({number, claim, is_supported});
    kept += (kept.empty() ? "[" : ", ") + std::to_string(number) + (is_supported ? "" : "?");
  }
  if (!kept.empty()) show(kept + "]", out);
  claimed_ = plain_.size();
  last_claim_ = claim;
}

std::string citation_reader::finish() {
  std::string out;
  const std::string text = std::exchange(mark_, {});
  plain_ += text;
  show(text, out);
  for (const auto& [place, begin] : std::exchange(open_, {})) {
    auto& its = citations_[place];
    const auto behind = sentences_of(std::string_view(plain_).substr(begin));
    if (!behind.empty()) its.claim = behind.front();
    its.is_supported = !behind.empty() && passages_[its.number - 1].supports(its.claim, *terms_);
  }
  return out;
}

}  // namespace ask
