/// Reads what a model writes and looks at every citation in it, while it is being written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/writing/evidence.hpp"

namespace ask {

/// "[number]" in an answer, and what it is said to be the source of.
struct citation {
  std::size_t number = 0;  ///< of the passage, from 1
  std::string claim;  ///< the words before it in its sentence; of a sentence that begins with it, those behind it
  bool is_supported = false;

  friend bool operator==(const citation&, const citation&) = default;
};

/// Takes an answer in any pieces and gives the text to be shown, at once but for what may become a citation.
///
/// [n], [n, m]   of a passage that supports the claim (evidence::supports): shown as it is
/// [n?]          made of [n] when it doesn't
/// nothing       in the place of [n] for a passage that isn't there
///
/// What stands in `code` is no citation. A citation at the beginning of a sentence is judged when the answer has
/// ended, so it is shown as it is.
class citation_reader {
 public:
  /// The passages that the model was shown, in their order; `terms` outlives the reader.
  citation_reader(std::vector<evidence> passages, term_finder& terms);

  /// Appends a piece (whole UTF-8 characters) and returns what there is to show.
  [[nodiscard]] std::string add(std::string_view piece);
  /// Nothing more comes: returns the rest to show.
  [[nodiscard]] std::string finish();

  /// Everything shown so far.
  [[nodiscard]] const std::string& text() const noexcept { return shown_; }
  [[nodiscard]] const std::vector<citation>& citations() const noexcept { return citations_; }
  /// Citations of passages that aren't there.
  [[nodiscard]] std::size_t removed() const noexcept { return removed_; }

 private:
  void add(char next, std::string& out);
  void end_mark(std::string& out);
  [[nodiscard]] std::string claim_before() const;
  void show(std::string_view text, std::string& out);

  std::vector<evidence> passages_;
  term_finder* terms_;
  std::string mark_;         ///< "[1, " that isn't decided yet; empty outside
  std::string plain_;        ///< what was read, without citations
  std::size_t claimed_ = 0;  ///< of plain_ that lies before the last citation
  std::string last_claim_;
  bool is_code_ = false;
  std::string shown_;
  std::vector<citation> citations_;
  std::vector<std::pair<std::size_t, std::size_t>> open_;  ///< citations judged later: number, place in plain_
  std::size_t removed_ = 0;
};

}  // namespace ask
