#include "ask/sentences.hpp"

#include <algorithm>
#include <array>

#include "ask/text/blocks.hpp"

namespace ask {

namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Words with a full stop that rarely end a sentence, in lower case.
constexpr std::array<std::string_view, 18> abbreviations{"al",  "approx", "cf",   "ch",  "dr", "e.g",
                                                         "eg",  "etc",    "fig",  "i.e", "ie", "mr",
                                                         "mrs", "no",     "resp", "sec", "st", "vs"};

/// True when the full stop at `at` belongs to the word before it.
bool is_abbreviation(std::string_view text, std::size_t at) {
  constexpr std::size_t abbreviation_bytes_max = 6;
  std::size_t begin = at;
  while (begin > 0 && at - begin <= abbreviation_bytes_max && (is_letter(text[begin - 1]) || text[begin - 1] == '.'))
    --begin;
  const auto word = text.substr(begin, at - begin);
  if (word.size() == 1) return true;  // an initial
  if (word.empty() || word.size() > abbreviation_bytes_max) return false;
  std::array<char, abbreviation_bytes_max> lower{};
  std::transform(word.begin(), word.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view folded(lower.data(), word.size());
  return std::find(abbreviations.begin(), abbreviations.end(), folded) != abbreviations.end();
}

/// Bytes of closing quotes and brackets at `at`.
std::size_t closing_length(std::string_view text, std::size_t at) {
  const auto begin = at;
  for (;;) {
    const auto rest = text.substr(at);
    if (!rest.empty() && (rest[0] == ')' || rest[0] == '"' || rest[0] == '\'' || rest[0] == ']')) {
      ++at;
    } else if (rest.starts_with("”") || rest.starts_with("’") || rest.starts_with("»")) {
      at += rest[0] == '\xC2' ? 2 : 3;
    } else {
      return at - begin;
    }
  }
}

/// Where the sentence ends whose mark stands at `at`, or 0 when it doesn't end there.
std::size_t sentence_end(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  for (const std::string_view mark : {"。", "！", "？"}) {
    if (rest.starts_with(mark)) return at + mark.size();
  }
  const char mark = text[at];
  if (mark != '.' && mark != '!' && mark != '?') return 0;
  if (mark == '.' && is_abbreviation(text, at)) return 0;
  auto end = at + 1;
  end += closing_length(text, end);
  if (end == text.size()) return end;
  if (!is_space(text[end])) return 0;
  const auto next = text.find_first_not_of(" \t", end);
  return next != std::string_view::npos && is_lower(text[next]) ? 0 : end;
}

}  // namespace

std::vector<std::string_view> sentences_of(std::string_view text) {
  std::vector<std::string_view> found;
  const auto add = [&](std::size_t begin, std::size_t end) {
    if (const auto sentence = text::trim(text.substr(begin, end - begin)); !sentence.empty())
      found.push_back(sentence);
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto end = text[at] == '\n' ? at + 1 : sentence_end(text, at);
    if (end == 0) continue;
    add(begin, end);
    begin = end;
    at = end - 1;
  }
  add(begin, text.size());
  return found;
}

}  // namespace ask
