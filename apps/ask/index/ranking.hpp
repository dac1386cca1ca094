/// BM25 over fields: how much a term in a passage says about it.
#pragma once

#include <cstdint>

#include "ask/index/postings.hpp"

namespace ask {

/// The parameters of BM25F (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
/// Foundations and Trends in Information Retrieval 3(4), 2009, section 3.6). k1 and b are the usual ones; the weights
/// are from the middle of a plateau: titles between 1.5 and 3 and sections between 1 and 2 answer the same questions.
namespace ranking {
inline constexpr double k1 = 1.5;
inline constexpr double b = 0.75;
inline constexpr double body_weight = 1.0;
inline constexpr double section_weight = 1.5;
inline constexpr double title_weight = 2.0;
}  // namespace ranking

/// Words of a passage, by field.
struct field_lengths {
  std::uint32_t body = 0;
  std::uint32_t section = 0;
  std::uint32_t title = 0;
};

/// Sums over all passages; what the weights are relative to. Whole numbers, so that their order of summation does
/// not matter.
struct collection_statistics {
  std::uint64_t passages = 0;
  std::uint64_t body_words = 0;
  std::uint64_t section_words = 0;
  std::uint64_t title_words = 0;

  collection_statistics& operator+=(const collection_statistics& other) noexcept;
  friend bool operator==(const collection_statistics&, const collection_statistics&) = default;
};

/// ln(1 + (N - n + 0.5) / (n + 0.5)) for a term in n of N passages: never negative.
[[nodiscard]] double inverse_document_frequency(std::uint64_t passages, std::uint64_t passages_with_term) noexcept;

/// Weighs the occurrences of terms in the passages of one collection.
class term_weight {
 public:
  explicit term_weight(const collection_statistics& collection) noexcept;

  /// The saturated frequency: between 0 and 1 times (k1 + 1), to be multiplied with the term's inverse document
  /// frequency.
  [[nodiscard]] double operator()(const occurrences& count, const field_lengths& length) const noexcept;

 private:
  double body_mean_;
  double section_mean_;
  double title_mean_;
};

}  // namespace ask
