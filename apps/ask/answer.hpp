/// Answers a question from an index: the best passages, what they say in a few sentences, and where that stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ask/index/document_index.hpp"
#include "ask/retrieval.hpp"
#include "ask/terms.hpp"
#include "ask/writing/citations.hpp"

namespace ask {

/// One passage of an answer.
struct found_passage {
  std::string path;
  std::string title;
  std::string section;
  std::uint32_t ordinal = 0;
  double score = 0;
  std::string text;
  std::vector<std::string> extract;  ///< its one to three best sentences, in the order of the text
  std::vector<std::string> also_in;  ///< other documents that say the same in nearly the same words
};

/// What a chat model wrote about the passages, once its citations were looked at.
struct written_answer {
  std::string text;
  std::string model;
  bool is_cut = false;  ///< the model stopped before its end
  std::vector<citation> citations;
  std::size_t removed = 0;  ///< citations that name no passage
};

/// A question and the passages that answer it, best first; none when no document has any of its words.
struct answer {
  std::string question;
  retrieval how = retrieval::bm25;
  std::vector<found_passage> passages;
  std::optional<written_answer> written;
};

/// Finds the `count` best passages of `index` for `question`. Passages that say the same as a better one are not
/// given again, but named in its `also_in`. Deterministic. O(search + count x passage size).
[[nodiscard]] answer answer_question(const passage_index& index, std::string_view question, term_finder& terms,
                                     std::size_t count);

/// The same by `how`, which needs the vectors of `index` and that of the question (of their dimension, length 1)
/// unless it is retrieval::bm25.
[[nodiscard]] answer answer_question(const document_index& index, std::string_view question,
                                     std::span<const float> question_vector, retrieval how, term_finder& terms,
                                     std::size_t count);

/// The answer as people read it, with a line end at its end.
[[nodiscard]] std::string to_text(const answer& given);

/// Where the written answer comes from, as the end of what people read: the passages it cites, all of them when it
/// cites none, and what is doubtful about it.
[[nodiscard]] std::string sources_text(const answer& given);

/// The answer as one line of JSON (without line end): an object with `"version": 1`.
[[nodiscard]] std::string to_json(const answer& given);

}  // namespace ask
