/// An inverted index over passages that is made of parts and answers questions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/index/postings.hpp"
#include "ask/index/ranking.hpp"
#include "ask/index/string_table.hpp"
#include "ask/index/vector_table.hpp"
#include "ask/terms.hpp"

namespace ask {

class byte_reader;
class byte_writer;

/// How much of a text is English function words ("the", "of", "which"): about two fifths of English prose, next to
/// nothing of other languages. Sums over passages.
struct word_counts {
  std::uint64_t words = 0;
  std::uint64_t function_words = 0;

  word_counts& operator+=(const word_counts& other) noexcept {
    words += other.words;
    function_words += other.function_words;
    return *this;
  }
  [[nodiscard]] double function_share() const noexcept {
    return words == 0 ? 0.0 : static_cast<double>(function_words) / static_cast<double>(words);
  }
};

/// A passage as the index keeps it.
struct indexed_passage {
  std::uint32_t document = 0;  ///< number of its document in the same index
  std::uint32_t ordinal = 0;
  field_lengths length;
  std::uint32_t function_words = 0;  ///< among the words of the body
  std::string section;
  std::string text;
};

/// A document as the index keeps it; its path is kept aside.
struct indexed_document {
  std::string title;
  std::uint32_t folder = 0;  ///< number of its folder in the same index
};

/// A passage that was found and how well it fits.
struct hit {
  std::uint32_t passage = 0;
  double score = 0;
};

/// Holds passages and where their terms occur. A parallel pipeline builds one per instance with index_writer and
/// merges them at its end; the result answers as one index over all passages would, whatever the order of merging.
/// Movable and copyable.
class passage_index {
 public:
  /// Takes over everything that `other` holds. O(size of `other`), texts are moved.
  void merge(passage_index&& other);

  /// Everything but the vectors, as docs/formats/ask_index.md says.
  void encode(byte_writer& out) const;
  /// What `encode` wrote. Nothing of `in` is believed: what can't be an index makes it fail. O(bytes).
  [[nodiscard]] static passage_index decode(byte_reader& in);

  /// The `count` best passages for `terms` (distinct, as question_terms gives them), best first; equal scores by
  /// path and ordinal. Passages without any of the terms are never among them.
  /// O(entries of the terms + passages + passages found x log count).
  [[nodiscard]] std::vector<hit> search(const std::vector<wanted_term>& terms, std::size_t count) const;

  /// The weight of `term`: its own times the inverse document frequency of it and its alternatives together; 0 when
  /// no passage has any of them. O(entries of the terms).
  [[nodiscard]] double weight_of(const wanted_term& term) const;

  [[nodiscard]] std::uint32_t passages() const noexcept { return static_cast<std::uint32_t>(passages_.size()); }
  [[nodiscard]] std::uint32_t documents() const noexcept { return paths_.size(); }
  [[nodiscard]] std::uint32_t terms() const noexcept { return terms_.size(); }
  [[nodiscard]] const collection_statistics& statistics() const noexcept { return statistics_; }

  /// Bytes of all posting lists.
  [[nodiscard]] std::size_t posting_bytes() const noexcept;

  [[nodiscard]] const indexed_passage& passage(std::uint32_t number) const { return passages_[number]; }
  [[nodiscard]] std::string_view path_of(const indexed_passage& passage) const { return paths_[passage.document]; }
  [[nodiscard]] std::string_view title_of(const indexed_passage& passage) const {
    return documents_[passage.document].title;
  }

  /// Of every passage, by its number, or none at all.
  [[nodiscard]] const vector_table& vectors() const noexcept { return vectors_; }
  [[nodiscard]] vector_table take_vectors() noexcept { return std::exchange(vectors_, {}); }

  /// Which of two hits is given first: the better one, of equals the one whose path and ordinal come first.
  [[nodiscard]] bool comes_before(const hit& a, const hit& b) const noexcept;

  /// What the words of all documents in the folder of `passage` are.
  [[nodiscard]] const word_counts& folder_counts(const indexed_passage& passage) const {
    return folder_counts_[documents_[passage.document].folder];
  }

 private:
  friend class index_writer;

  /// Where a term or its alternatives occur, in ascending order of passages.
  using occurrence_list = std::vector<std::pair<std::uint32_t, occurrences>>;

  [[nodiscard]] occurrence_list occurrences_of(const wanted_term& term) const;
  std::uint32_t add_document(std::string_view path, std::string_view title);
  void add_passage(indexed_passage passage);

  std::vector<indexed_passage> passages_;
  string_table paths_;
  std::vector<indexed_document> documents_;  ///< by number of the path
  string_table folders_;
  std::vector<word_counts> folder_counts_;  ///< by number of the folder
  string_table terms_;
  std::vector<posting_list> postings_;  ///< by number of the term
  collection_statistics statistics_;
  vector_table vectors_;
};

}  // namespace ask
