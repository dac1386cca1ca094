#include "ask/retrieval.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace ask {

std::string_view to_string(retrieval how) noexcept {
  switch (how) {
    case retrieval::bm25: return "bm25";
    case retrieval::vectors: return "vectors";
    case retrieval::hybrid: return "hybrid";
  }
  return "bm25";
}

retrieval retrieval_of(std::string_view name) noexcept {
  if (name == "vectors") return retrieval::vectors;
  return name == "hybrid" ? retrieval::hybrid : retrieval::bm25;
}

std::vector<hit> fused(const std::vector<hit>& first, const std::vector<hit>& second) {
  struct entry {
    hit sum;
    std::size_t best_rank;
  };
  std::vector<entry> entries;
  std::unordered_map<std::uint32_t, std::size_t> places;
  for (const auto* const ranking : {&first, &second}) {
    for (std::size_t rank = 1; rank <= ranking->size(); ++rank) {
      const auto passage = (*ranking)[rank - 1].passage;
      const auto [place, is_new] = places.try_emplace(passage, entries.size());
      if (is_new) entries.push_back({{passage, 0}, rank});
      auto& its = entries[place->second];
      its.sum.score += 1.0 / (fusion_k + static_cast<double>(rank));
      its.best_rank = std::min(its.best_rank, rank);
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const entry& a, const entry& b) {
    return a.sum.score != b.sum.score ? a.sum.score > b.sum.score : a.best_rank < b.best_rank;
  });
  std::vector<hit> all;
  all.reserve(entries.size());
  for (const auto& one : entries) all.push_back(one.sum);
  return all;
}

}  // namespace ask
