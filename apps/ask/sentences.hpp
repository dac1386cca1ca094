/// Finds the sentences of a passage.
#pragma once

#include <string_view>
#include <vector>

namespace ask {

/// Splits `text` at line ends and behind full stops, question and exclamation marks that end a sentence (not behind
/// "e.g.", initials, numbers or file names). The views point into `text`, carry no white space at their ends and
/// none is empty. O(n).
[[nodiscard]] std::vector<std::string_view> sentences_of(std::string_view text);

}  // namespace ask
