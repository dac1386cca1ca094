#include "ask/passages.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "ask/sentences.hpp"

namespace ask {

namespace {

using text::block;
using text::block_kind;

/// A text without spaces (Chinese, a hex dump) has one "word" in so many bytes: it keeps passages bounded.
constexpr std::size_t word_bytes_assumed = 16;
constexpr std::string_view section_separator = " > ";

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Something that is not split any further: a block, or a part of a long one.
struct unit {
  std::string_view text;
  std::size_t words = 0;
  bool begins_term = false;  ///< a good place to begin a passage
  bool joins_next = false;   ///< must not end a passage
};

/// The blocks below one heading.
struct section {
  std::string_view heading;  ///< its own, without those above
  std::string path;
  std::uint8_t level = 0;
  std::vector<unit> units;
  std::size_t words = 0;
};

/// Splits what is too long for a passage: prose between sentences, code between lines, anything else between words.
class unit_writer {
 public:
  unit_writer(std::vector<unit>& units, const passage_size& size) : units_(units), size_(size) {}

  void write(const block& block) {
    const auto words = count_words(block.text);
    if (words <= size_.words_max) return put(block.text, words, block.kind == block_kind::term);
    const bool is_code = block.kind == block_kind::preformatted;
    write_parts(is_code ? lines_of(block.text) : sentences_of(block.text));
  }

 private:
  static std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      if (end != at) lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }

  /// Puts neighbouring parts back together up to the target; they are views into the same text.
  void write_parts(const std::vector<std::string_view>& parts) {
    const char* begin = nullptr;
    const char* end = nullptr;
    std::size_t words = 0;
    const auto flush = [&] {
      if (words != 0) put(std::string_view(begin, static_cast<std::size_t>(end - begin)), words, false);
      words = 0;
    };
    for (const auto part : parts) {
      const auto part_words = count_words(part);
      if (part_words > size_.words_max) {
        flush();
        write_pieces(part);
        continue;
      }
      if (words != 0 && words + part_words > size_.words_target) flush();
      if (words == 0) begin = part.data();
      end = part.data() + part.size();
      words += part_words;
    }
    flush();
  }

  /// The last resort: pieces of bounded size, cut between words where there are any.
  void write_pieces(std::string_view text) {
    while (!text.empty()) {
      const auto piece = text.substr(0, piece_length(text));
      if (const auto trimmed = text::trim(piece); !trimmed.empty()) put(trimmed, count_words(trimmed), false);
      text.remove_prefix(piece.size());
    }
  }

  [[nodiscard]] std::size_t piece_length(std::string_view text) const {
    const auto bytes_max = size_.words_target * word_bytes_assumed;
    std::size_t words = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (is_space(text[at]) && at > 0 && !is_space(text[at - 1]) && ++words == size_.words_target) return at;
      if (at == bytes_max)
        return words != 0 ? text.substr(0, at).find_last_of(" \n\t") : text::cut_utf8(text, at).size();
    }
    return text.size();
  }

  void put(std::string_view text, std::size_t words, bool is_term) {
    units_.push_back({text, words, is_term, is_term});
  }

  std::vector<unit>& units_;
  const passage_size& size_;
};

/// Groups the blocks by heading; a section without text of its own is only in the path of those below it.
std::vector<section> sections_of(const text::extracted& document, const passage_size& size) {
  std::vector<section> sections;
  std::array<std::string_view, 7> open{};
  section current;
  const auto flush = [&] {
    for (const auto& unit : current.units) current.words += unit.words;
    if (!current.units.empty()) sections.push_back(std::move(current));
    current = {};
  };
  for (const auto& block : document.blocks) {
    if (block.kind != block_kind::heading) {
      unit_writer(current.units, size).write(block);
      continue;
    }
    flush();
    const auto level = std::clamp<std::size_t>(block.level, 1, open.size() - 1);
    open[level] = block.text;
    std::fill(open.begin() + static_cast<std::ptrdiff_t>(level) + 1, open.end(), std::string_view{});
    current.level = static_cast<std::uint8_t>(level);
    current.heading = block.text;
    for (const auto heading : open) {
      if (heading.empty() || heading == document.title) continue;
      if (!current.path.empty()) current.path.append(section_separator);
      current.path.append(heading);
    }
  }
  flush();
  return sections;
}

/// The headings that all of the sections are below of.
std::string common_path(const section* first, const section* last) {
  auto common = first->path.size();
  for (const auto* section = first + 1; section != last; ++section) {
    const auto [end, other] =
        std::mismatch(first->path.begin(), first->path.begin() + static_cast<std::ptrdiff_t>(common),
                      section->path.begin(), section->path.end());
    common = static_cast<std::size_t>(end - first->path.begin());
  }
  // Whole headings only: up to the end of one path, or back to where the last common heading ends.
  const auto ends_heading = [&](const section& section) {
    return section.path.size() == common ||
           section.path.compare(common, section_separator.size(), section_separator) == 0;
  };
  if (!std::all_of(first, last, ends_heading)) {
    const auto separator = first->path.rfind(section_separator, common == 0 ? 0 : common - 1);
    common = separator == std::string::npos ? 0 : separator;
  }
  return first->path.substr(0, common);
}

class passage_writer {
 public:
  passage_writer(std::string_view path, std::string_view title, const passage_size& size)
      : path_(path), title_(title), size_(size) {}

  /// Makes passages of neighbouring sections that are small, or of one section. Small ones keep their headings in
  /// the text, since the section of the passage names only what they have in common.
  void write(const section* first, const section* last) {
    const bool is_single = first + 1 == last;
    section_ = is_single ? first->path : common_path(first, last);
    for (const auto* section = first; section != last; ++section) {
      const bool is_named = !is_single && !section->heading.empty() && section->heading != title_;
      if (is_named) add({section->heading, count_words(section->heading), true, true});
      for (const auto& unit : section->units) add(unit);
    }
    flush_last();
  }

  std::vector<passage> take() { return std::move(passages_); }

 private:
  void add(const unit& next) {
    const bool is_full = words_ >= size_.words_target || words_ + next.words > size_.words_max;
    const bool is_good_place = next.begins_term && words_ >= size_.words_min;
    if (words_ != 0 && (is_full || is_good_place)) {
      // What must not end a passage goes over into the next one, unless it is all there is.
      if (ends_open_ != 0 && ends_open_ != text_.size()) {
        const std::string carried = text_.substr(text_.size() - ends_open_);
        text_.resize(text_.size() - ends_open_);
        flush();
        append(carried, count_words(carried));
      } else {
        flush();
      }
    }
    append(next.text, next.words);
    ends_open_ = next.joins_next ? next.text.size() : 0;
  }

  void append(std::string_view text, std::size_t words) {
    if (!text_.empty()) text_.push_back('\n');
    text_.append(text);
    words_ += words;
  }

  void flush() {
    ends_open_ = 0;
    words_ = 0;
    while (!text_.empty() && is_space(text_.back())) text_.pop_back();
    if (text_.empty()) return;
    const auto ordinal = static_cast<std::uint32_t>(passages_.size());
    passages_.push_back({std::string(path_), std::string(title_), section_, ordinal, std::exchange(text_, {})});
    first_of_section_ = std::min(first_of_section_, passages_.size() - 1);
  }

  /// A small rest goes to the passage before it rather than standing alone.
  void flush_last() {
    const bool has_previous = first_of_section_ < passages_.size();
    if (has_previous && words_ != 0 && words_ * 2 < size_.words_min &&
        count_words(passages_.back().text) + words_ <= size_.words_max) {
      passages_.back().text.append("\n").append(std::exchange(text_, {}));
      words_ = 0;
    }
    flush();
    first_of_section_ = std::size_t(-1);
  }

  std::string_view path_;
  std::string_view title_;
  const passage_size& size_;
  std::vector<passage> passages_;
  std::string section_;
  std::string text_;
  std::size_t words_ = 0;
  std::size_t ends_open_ = 0;  ///< bytes at the end of text_ that must not end a passage
  std::size_t first_of_section_ = std::size_t(-1);
};

}  // namespace

std::size_t count_words(std::string_view text) noexcept {
  std::size_t words = 0;
  bool is_inside = false;
  for (const char c : text) {
    const bool was_inside = std::exchange(is_inside, !is_space(c));
    if (is_inside && !was_inside) ++words;
  }
  return std::max(words, text.size() / word_bytes_assumed);
}

std::vector<passage> split(std::string_view path, const text::extracted& document, const passage_size& size) {
  const auto sections = sections_of(document, size);
  passage_writer writer(path, document.title, size);
  const auto* const end = sections.data() + sections.size();
  for (const auto* first = sections.data(); first != end;) {
    auto words = first->words;
    const auto* last = first + 1;
    while (last != end && last->level >= first->level && (words < size.words_min || last->words < size.words_min) &&
           words + last->words <= size.words_target) {
      words += last++->words;
    }
    writer.write(first, last);
    first = last;
  }
  return writer.take();
}

}  // namespace ask
