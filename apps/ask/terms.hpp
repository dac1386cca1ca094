/// Turns words into the terms of the index: stop words go, what is left is reduced to its stem.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ask/tokens.hpp"

namespace ask {

/// True for words that carry no meaning of their own in a question or a sentence (English).
[[nodiscard]] bool is_stop_word(std::string_view lower_case) noexcept;

/// Finds the term a word stands for. One per thread: the stemmer inside has state. Movable.
class term_finder {
 public:
  term_finder();
  ~term_finder();
  term_finder(term_finder&&) noexcept;
  term_finder& operator=(term_finder&&) noexcept;

  /// The term for `found`, empty for a stop word. Whole identifiers and words with digits stay as they are, others
  /// lose their ending (Porter's second stemmer for English, snowballstem.org; it leaves most words of other
  /// languages alone). Valid until the next call.
  [[nodiscard]] std::string_view term_of(const word& found);

 private:
  struct stemmer;
  std::unique_ptr<stemmer> stemmer_;
};

/// A term that is searched for and how much it counts.
struct wanted_term {
  std::string text;
  double weight = 1;
  std::vector<std::string> alternatives;  ///< other terms that count as this one

  friend bool operator==(const wanted_term&, const wanted_term&) = default;
};

/// The distinct terms of a question in their order, at most limits::question_terms_max; empty for a question of stop
/// words only ("who is who"). The n parts of an identifier count 1/n each, since the identifier itself is there, too.
/// Two neighbouring words have what they make when written as one for an alternative, since people write "shut down"
/// and "file system" both ways.
[[nodiscard]] std::vector<wanted_term> question_terms(std::string_view question, term_finder& terms);

}  // namespace ask
