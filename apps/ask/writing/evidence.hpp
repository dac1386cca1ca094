/// Whether a passage says what somebody claims that it says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ask/terms.hpp"

namespace ask {

/// The share of a claim's words that a passage must have: less than half is about something else.
inline constexpr double claim_share_min = 0.5;

/// The words of one passage, its headings included. Words are compared, meaning isn't understood: a claim that says
/// the opposite in the passage's own words passes, one that makes up a number, a name or a quotation doesn't.
class evidence {
 public:
  evidence(std::string_view title, std::string_view section, std::string_view text, term_finder& terms);

  /// True when every quotation in `claim` ("..." or “...”) stands in the passage word by word, every number in it is
  /// in the passage, and so is claim_share_min of its other words. True for a claim of no words. O(words).
  [[nodiscard]] bool supports(std::string_view claim, term_finder& terms) const;

 private:
  [[nodiscard]] bool has_word(const std::string& word) const;
  [[nodiscard]] bool has_sequence(const std::vector<std::string>& words) const;

  std::vector<std::string> words_;   ///< in their order
  std::vector<std::string> sorted_;  ///< the same, sorted
  std::vector<std::string> terms_;   ///< sorted
};

}  // namespace ask
