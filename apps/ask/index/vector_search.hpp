/// Finds the vectors that are nearest to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ask/index/passage_index.hpp"
#include "ask/index/vector_table.hpp"

namespace ask {

/// A graph of near neighbours over the vectors of all passages (Malkov & Yashunin, "Efficient and robust approximate
/// nearest neighbor search using Hierarchical Navigable Small World graphs", TPAMI 42(4), 2020). Movable.
///
/// Cost  about 1 ms to add a vector and to search; memory of the vectors and 140 bytes each
class vector_search {
 public:
  /// Builds the graph. The same table gives the same graph.
  explicit vector_search(const vector_table& vectors);
  ~vector_search();
  vector_search(vector_search&&) noexcept;
  vector_search& operator=(vector_search&&) noexcept;

  /// At most `count` passages that have the vectors (about: the search is approximate) with the smallest angle to
  /// `question`, of this dimension and length 1. The nearest first; a passage counts by its nearest vector, its score
  /// is the angle's cosine. Fewer when single passages have most of the near vectors.
  [[nodiscard]] std::vector<hit> search(std::span<const float> question, std::size_t count) const;

  [[nodiscard]] std::uint32_t size() const noexcept;  ///< vectors
  [[nodiscard]] std::uint32_t passages() const noexcept;
  [[nodiscard]] std::uint32_t dimensions() const noexcept;

  /// Vectors and graph, as docs/formats/ask_index.md says.
  void encode(byte_writer& out) const;
  /// What `encode` wrote; null when `in` fails. Nothing of it is believed: a graph is taken only when a search in it
  /// can't leave it.
  [[nodiscard]] static std::unique_ptr<vector_search> decode(byte_reader& in);

 private:
  struct graph;
  explicit vector_search(std::unique_ptr<graph> its);

  std::unique_ptr<graph> graph_;
};

}  // namespace ask
