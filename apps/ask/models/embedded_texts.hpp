/// What an embedding model reads of a passage.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ask/passage.hpp"

namespace ask {

/// A passage has several things to say, and one vector would be none of them: each part has its own, and a passage is
/// as near as its nearest part. Parts of this many words found more with a sentence encoder than whole passages,
/// single sentences, or 12 or 40 words (docs/results/ask_retrieval.md).
inline constexpr std::size_t embedded_words_min = 25;

/// The sentences of the passage, as many together as make embedded_words_min words (the last ones may have fewer),
/// each cut to limits::embedded_bytes_max. At least one.
[[nodiscard]] std::vector<std::string> embedded_texts(const passage& of);

}  // namespace ask
