/// Answers a question from an index: the best passages, what they say in a few sentences, and where that stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ask/index/passage_index.hpp"
#include "ask/terms.hpp"

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

/// A question and the passages that answer it, best first; none when no document has any of its words.
struct answer {
  std::string question;
  std::vector<found_passage> passages;
};

/// Finds the `count` best passages of `index` for `question`. Passages that say the same as a better one are not
/// given again, but named in its `also_in`. Deterministic. O(search + count x passage size).
[[nodiscard]] answer answer_question(const passage_index& index, std::string_view question, term_finder& terms,
                                     std::size_t count);

/// The answer as people read it, with a line end at its end.
[[nodiscard]] std::string to_text(const answer& given);

/// The answer as one line of JSON (without line end): an object with `"version": 1`.
[[nodiscard]] std::string to_json(const answer& given);

}  // namespace ask
