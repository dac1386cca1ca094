#include "ask/terms.hpp"

#include <algorithm>
#include <array>
#include <new>

#include <libstemmer.h>

#include "ask/limits.hpp"

namespace ask {

namespace {

// Articles, pronouns, prepositions, auxiliaries and question words, after the Snowball list; in byte order.
// clang-format off
constexpr std::array<std::string_view, 149> stop_words{
    "a", "about", "after", "again", "all", "am", "an", "and", "any", "are", "arent", "as", "at", "be", "because",
    "been", "before", "being", "between", "both", "but", "by", "can", "cannot", "cant", "could", "couldnt", "did",
    "didnt", "do", "does", "doesnt", "doing", "done", "dont", "during", "each", "else", "every", "few", "for", "from",
    "further", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if", "im",
    "in", "into", "is", "isnt", "it", "its", "ive", "just", "let", "may", "me", "might", "more", "most", "must", "my",
    "myself", "no", "nor", "not", "of", "off", "on", "once", "only", "or", "other", "ought", "our", "ours", "out",
    "over", "own", "per", "please", "same", "shall", "she", "should", "so", "some", "such", "than", "that", "thats",
    "the", "their", "theirs", "them", "then", "there", "theres", "these", "they", "this", "those", "through", "to",
    "too", "until", "up", "upon", "us", "very", "via", "was", "wasnt", "we", "were", "what", "whats", "when", "where",
    "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "within", "without", "wont", "would",
    "yet", "you", "your", "yours", "yourself", "yourselves",
};
// clang-format on

static_assert(std::is_sorted(stop_words.begin(), stop_words.end()));

constexpr std::size_t stem_bytes_min = 3;

/// Only words without digits are words of a language.
bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Latin letters only: other scripts don't write words both together and apart.
bool is_plain_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

struct term_finder::stemmer {
  stemmer() : english(sb_stemmer_new("english", "UTF_8")) {
    if (english == nullptr) throw std::bad_alloc();  // the language is always built in: only memory can be missing
  }
  ~stemmer() { sb_stemmer_delete(english); }
  stemmer(const stemmer&) = delete;
  stemmer& operator=(const stemmer&) = delete;

  sb_stemmer* english;
};

term_finder::term_finder() : stemmer_(std::make_unique<stemmer>()) {}
term_finder::~term_finder() = default;
term_finder::term_finder(term_finder&&) noexcept = default;
term_finder& term_finder::operator=(term_finder&&) noexcept = default;

bool is_stop_word(std::string_view lower_case) noexcept {
  return std::binary_search(stop_words.begin(), stop_words.end(), lower_case);
}

std::string_view term_finder::term_of(const word& found) {
  if (found.is_compound) return found.text;
  if (is_stop_word(found.text)) return {};
  if (found.text.size() < stem_bytes_min || has_digit(found.text)) return found.text;
  const auto* bytes = reinterpret_cast<const sb_symbol*>(found.text.data());
  const auto* stem = sb_stemmer_stem(stemmer_->english, bytes, static_cast<int>(found.text.size()));
  if (stem == nullptr) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer_->english))};
}

std::vector<wanted_term> question_terms(std::string_view question, term_finder& terms) {
  constexpr auto nothing = static_cast<std::size_t>(-1);
  std::vector<wanted_term> found;
  // The place of `term` in `found`, where it is added if it is new and there is room.
  const auto add = [&](std::string_view term, double weight) {
    const auto known =
        std::find_if(found.begin(), found.end(), [&](const auto& other) { return other.text == term; });
    if (known != found.end()) return static_cast<std::size_t>(known - found.begin());
    if (term.empty() || found.size() == limits::question_terms_max) return nothing;
    found.push_back({std::string(term), weight, {}});
    return found.size() - 1;
  };
  question = question.substr(0, limits::question_bytes_max);
  std::string before;          // the word before, if it could be written together with this one …
  auto term_before = nothing;  // … and its term
  word next;
  for (word_reader words(question); words.next(next);) {
    const auto term = add(terms.term_of(next), next.is_compound ? 1.0 : 1.0 / next.parts);
    const bool is_simple = next.parts == 1 && is_plain_word(next.text);
    if (is_simple && !before.empty() && term_before != nothing) {
      const std::string joined = before + std::string(next.text);
      const std::string alternative(terms.term_of({joined}));
      found[term_before].alternatives.push_back(alternative);
      if (term != nothing && term != term_before) found[term].alternatives.push_back(alternative);
    }
    before = is_simple && !is_stop_word(next.text) ? std::string(next.text) : std::string{};
    term_before = term;
  }
  return found;
}

}  // namespace ask
