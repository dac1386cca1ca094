/// Builds an index passage by passage.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ask/index/passage_index.hpp"
#include "ask/index/string_table.hpp"
#include "ask/passage.hpp"
#include "ask/terms.hpp"

namespace ask {

/// Adds passages to one (partial) index. One per instance; not shared between threads. Movable.
class index_writer {
 public:
  /// Indexes `added`, whose texts move into the index. O(words).
  void add(passage added);

  /// Hands the index over; the writer may be used for another one.
  [[nodiscard]] passage_index finish();

  [[nodiscard]] std::uint32_t passages() const noexcept { return index_.passages(); }

 private:
  enum class field : std::uint8_t { body, section, title };

  /// What the passage being added holds of a term.
  struct pending {
    std::uint32_t passage = UINT32_MAX;
    occurrences count;
  };

  word_counts read_field(std::string_view text, field where, std::uint32_t passage);
  std::uint32_t term_of(const word& found);

  passage_index index_;
  term_finder term_finder_;
  string_table words_;                     ///< every form of a word that was seen …
  std::vector<std::uint32_t> word_terms_;  ///< … and its term, so that each is stemmed once; none for stop words
  std::vector<pending> pending_;           ///< by term
  std::vector<std::uint32_t> touched_;     ///< terms of the passage being added
};

}  // namespace ask
