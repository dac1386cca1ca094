/// Splits text into the words that are indexed and searched for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ask {

/// One word in lower case.
struct word {
  std::string_view text;     ///< valid until the next call of `next`
  bool is_compound = false;  ///< a whole identifier whose parts have been given already: takes no place of its own
  std::uint8_t parts = 1;    ///< how many parts the identifier has that this is a part of, or the whole
};

/// Reads words: maximal runs of letters, marks and digits of any script, in lower case. Words joined by `_`, `.` or
/// `-` without spaces (`max_connections`, `pg_hba.conf`, `read-only`) are given part by part and then whole, so that
/// both a question for the identifier and one for its parts finds it. An apostrophe is dropped (`user's`: `users`).
/// Scripts without spaces (Chinese, Japanese, Thai) are given as overlapping pairs of characters, the usual stand-in
/// for a dictionary. Words longer than limits::word_bytes_max are left out. O(n), no allocation per word.
class word_reader {
 public:
  /// `text` is UTF-8 and outlives the reader; malformed bytes separate words.
  explicit word_reader(std::string_view text) : text_(text) {}

  /// Moves to the next word; false at the end.
  bool next(word& found);

 private:
  struct part {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  static constexpr std::size_t parts_max = 16;

  bool read_run();
  bool read_character(std::size_t& at);
  void end_part(std::uint32_t begin);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string lower_;  ///< the run being given out: parts with their joiners
  std::array<part, parts_max> parts_{};
  std::size_t part_count_ = 0;
  std::size_t part_next_ = 0;
  bool gives_whole_ = false;
};

}  // namespace ask
