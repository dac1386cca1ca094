/// How passages are found: by their words, by their vectors, or by both.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ask/index/passage_index.hpp"

namespace ask {

enum class retrieval : std::uint8_t {
  bm25,     ///< by words
  vectors,  ///< by meaning, as an embedding model sees it
  hybrid,   ///< by both rankings
};

/// "bm25", "vectors", "hybrid".
[[nodiscard]] std::string_view to_string(retrieval how) noexcept;
/// The value of that name; `bm25` for another one.
[[nodiscard]] retrieval retrieval_of(std::string_view name) noexcept;

/// How much the rank in one list counts: a passage has 1 / (fusion_k + rank) from each list that it is in, ranks
/// from 1.
inline constexpr double fusion_k = 60;

/// Reciprocal rank fusion of two rankings, best first (Cormack, Clarke & Büttcher, "Reciprocal rank fusion
/// outperforms Condorcet and individual rank learning methods", SIGIR 2009). Scores don't matter, so rankings of any
/// kind can be put together; of passages with equal sums that of the better single rank comes first, then the one
/// that `first` has before. A passage is in a ranking once. O(n log n).
[[nodiscard]] std::vector<hit> fused(const std::vector<hit>& first, const std::vector<hit>& second);

}  // namespace ask
