/// What single sentences of a passage say about a question.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ask/index/passage_index.hpp"
#include "ask/terms.hpp"

namespace ask {

/// The terms of a question, each with its weight in one index (what the question gives it
/// times its inverse document frequency). A set of terms is a bit
/// mask: bit i stands for the i-th term (limits::question_terms_max is 64).
class weighted_question {
 public:
  weighted_question(const passage_index& index, std::vector<wanted_term> terms);

  [[nodiscard]] const std::vector<wanted_term>& terms() const noexcept { return terms_; }
  [[nodiscard]] double weight_of(std::size_t term) const noexcept { return weights_[term]; }

  /// The terms that occur in `text`, and through `words` how many words it has. O(words x terms).
  [[nodiscard]] std::uint64_t terms_in(std::string_view text, term_finder& finder, std::size_t& words) const;

 private:
  std::vector<wanted_term> terms_;
  std::vector<double> weights_;
};

/// The sentences of `text` (one to three, fewer only when it has fewer) that say most about `question`, in their
/// order.
[[nodiscard]] std::vector<std::string> extract_sentences(const weighted_question& question, std::string_view text,
                                                         term_finder& finder);

}  // namespace ask
