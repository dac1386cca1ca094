#include "ask/sentence_evidence.hpp"

#include <algorithm>
#include <utility>

#include "ask/limits.hpp"
#include "ask/sentences.hpp"

namespace ask {

namespace {

constexpr std::size_t sentences_max = 3;
constexpr std::size_t short_words_max = 4;  ///< shorter ones are captions, not statements …
constexpr double short_factor = 0.5;        ///< … and count half
constexpr double mean_words = 20;           ///< a sentence of documentation, for the length's influence
constexpr double length_b = 0.3;            ///< how much a long sentence is held back
constexpr double repeated_factor = 0.3;     ///< what a word counts that an earlier sentence has already
constexpr double score_share_min = 0.4;     ///< of the best sentence's score; below it nothing is added

static_assert(limits::question_terms_max <= 64, "a set of terms is a 64-bit mask");

constexpr std::uint64_t bit(std::size_t term) {
  return std::uint64_t{1} << term;
}

struct candidate {
  std::string_view text;
  std::uint64_t terms = 0;
  std::size_t words = 0;
  bool is_chosen = false;
};

double score_of(const candidate& sentence, std::uint64_t covered, const weighted_question& question) {
  double score = 0;
  for (std::size_t term = 0; term < question.terms().size(); ++term) {
    if ((sentence.terms & bit(term)) == 0) continue;
    score += question.weight_of(term) * ((covered & bit(term)) != 0 ? repeated_factor : 1.0);
  }
  if (sentence.words <= short_words_max) score *= short_factor;
  return score / (1.0 - length_b + length_b * static_cast<double>(sentence.words) / mean_words);
}

}  // namespace

weighted_question::weighted_question(const passage_index& index, std::vector<wanted_term> terms)
    : terms_(std::move(terms)) {
  if (terms_.size() > limits::question_terms_max) terms_.resize(limits::question_terms_max);
  for (const auto& term : terms_) weights_.push_back(index.weight_of(term));
}

std::uint64_t weighted_question::terms_in(std::string_view text, term_finder& finder, std::size_t& words) const {
  std::uint64_t found = 0;
  words = 0;
  word_reader reader(text);
  for (word next; reader.next(next);) {
    if (!next.is_compound) ++words;
    const auto term = finder.term_of(next);
    const auto at = std::find_if(terms_.begin(), terms_.end(), [&](const wanted_term& wanted) {
      const auto& others = wanted.alternatives;
      return wanted.text == term || std::find(others.begin(), others.end(), term) != others.end();
    });
    if (at != terms_.end()) found |= bit(static_cast<std::size_t>(at - terms_.begin()));
  }
  return found;
}

// The rarest words of the question first, each sentence after the first for what it adds: a greedy form of maximal
// marginal relevance (Carbonell & Goldstein, SIGIR 1998).
std::vector<std::string> extract_sentences(const weighted_question& question, std::string_view text,
                                           term_finder& finder) {
  std::vector<candidate> candidates;
  for (const auto sentence : sentences_of(text)) {
    candidate read{sentence};
    read.terms = question.terms_in(sentence, finder, read.words);
    candidates.push_back(read);
  }
  std::uint64_t covered = 0;
  double first_score = 0;
  for (std::size_t chosen = 0; chosen < std::min(sentences_max, candidates.size()); ++chosen) {
    candidate* best = nullptr;
    double best_score = -1;
    for (auto& sentence : candidates) {
      const auto score = sentence.is_chosen ? -1 : score_of(sentence, covered, question);
      if (score > best_score) {
        best = &sentence;
        best_score = score;
      }
    }
    if (best == nullptr || (chosen != 0 && best_score <= first_score * score_share_min)) break;
    if (chosen == 0) first_score = best_score;
    best->is_chosen = true;
    covered |= best->terms;
  }
  std::vector<std::string> sentences;
  for (const auto& sentence : candidates) {
    if (sentence.is_chosen) sentences.emplace_back(sentence.text);
  }
  return sentences;
}

}  // namespace ask
