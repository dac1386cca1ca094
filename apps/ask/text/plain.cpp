// Plain text to blocks: paragraphs end at blank lines; headings, lists and tables are told by how people draw them.
#include <string>
#include <vector>

#include "ask/limits.hpp"
#include "ask/text/block_writer.hpp"
#include "ask/text/extract.hpp"
#include "ask/text/lines.hpp"

namespace ask::text {

namespace {

constexpr std::size_t heading_line_bytes_max = 100;
constexpr std::size_t title_line_bytes_max = 120;
constexpr std::size_t contents_lines_min = 4;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The depth of the number a line begins with ("2.3.1. Title": 3), 0 without one.
std::size_t numbering_depth(std::string_view line) {
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at < line.size() && is_digit(line[at])) {
    while (at < line.size() && is_digit(line[at])) ++at;
    ++depth;
    if (at < line.size() && line[at] == '.') ++at;
  }
  const auto rest = line.substr(at);
  return depth != 0 && (rest.starts_with(' ') || rest.starts_with("\xC2\xA0")) ? depth : 0;
}

bool is_upper_case(std::string_view line) {
  bool has_letter = false;
  for (const char c : line) {
    if (c >= 'a' && c <= 'z') return false;
    has_letter = has_letter || (c >= 'A' && c <= 'Z');
  }
  return has_letter;
}

/// The level of a line that stands alone and is a heading by its look, 0 otherwise. A lone "1. Install it." is a step
/// of a list, not a heading.
std::uint8_t heading_level(std::string_view line) {
  if (line.size() > heading_line_bytes_max || line.size() < 3 || indentation(line) != 0) return 0;
  if (std::string_view(".:;,").find(line.back()) != std::string_view::npos) return 0;
  if (const auto depth = numbering_depth(line); depth != 0) {
    return static_cast<std::uint8_t>(std::min<std::size_t>(depth + 1, 6));
  }
  if (line.starts_with("Chapter") || line.starts_with("Appendix")) return 1;
  return is_upper_case(line) ? 2 : 0;
}

/// Columns or frames: line breaks and spaces carry the meaning.
bool is_drawn(const std::vector<std::string_view>& lines) {
  std::size_t drawn = 0;
  for (const auto line : lines) {
    const auto text = trim(line);
    const bool is_frame = !text.empty() && std::string_view("|+$#>").find(text.front()) != std::string_view::npos;
    if (is_frame || text.find("   ") != std::string_view::npos) ++drawn;
  }
  return drawn * 2 > lines.size();
}

/// A table of contents: lines numbered "1.2.", most of them. It repeats every heading and answers nothing.
bool is_contents(const std::vector<std::string_view>& lines) {
  if (lines.size() < contents_lines_min) return false;
  std::size_t numbered = 0;
  for (const auto line : lines) {
    if (numbering_depth(trim(line)) >= 2) ++numbered;
  }
  return numbered * 2 > lines.size();
}

class plain_reader {
 public:
  explicit plain_reader(std::string_view text) : lines_(text) {}

  extracted read() {
    std::string_view line;
    while (!out_.is_full() && lines_.next(line)) {
      if (trim(line).empty()) {
        end_paragraph();
      } else if (paragraph_.size() == 1 && is_rule(line, "=-~^*#", 3)) {
        write_heading(paragraph_.front(), line.front() == '=' ? 1 : 2);
      } else if (!is_rule(line, "=-~_*#", 4)) {
        paragraph_.push_back(line);
      }
    }
    end_paragraph();
    return out_.take();
  }

 private:
  void end_paragraph() {
    if (paragraph_.empty()) return;
    const bool is_first = is_at_start_;
    is_at_start_ = false;
    if (paragraph_.size() == 1) {
      const auto line = paragraph_.front();
      if (is_first && line.size() <= title_line_bytes_max) out_.title(line);
      if (const auto level = heading_level(line); level != 0) return write_heading(line, level);
    }
    if (is_contents(paragraph_)) return paragraph_.clear();
    if (is_drawn(paragraph_)) {
      out_.open(block_kind::preformatted);
      for (const auto line : paragraph_) {
        out_.append_verbatim(line);
        out_.append_verbatim("\n");
      }
    } else {
      out_.close();
      for (const auto line : paragraph_) write_line(line);
    }
    out_.close();
    paragraph_.clear();
  }

  void write_line(std::string_view line) {
    auto text = trim(line);
    if (const auto marker = list_marker(text); marker != 0) {
      out_.open(block_kind::item);
      if (!is_digit(text.front())) text.remove_prefix(marker);
    }
    out_.append(text);
    out_.space();
  }

  void write_heading(std::string_view line, std::uint8_t level) {
    is_at_start_ = false;
    out_.open(block_kind::heading, level);
    out_.append(line);
    out_.close();
    paragraph_.clear();
  }

  line_reader lines_;
  block_writer out_;
  std::vector<std::string_view> paragraph_;
  bool is_at_start_ = true;
};

}  // namespace

extracted extract_plain(std::string_view plain) {
  return plain_reader(plain).read();
}

}  // namespace ask::text
