// Markdown to blocks, line by line: CommonMark's block structure without nesting, GitHub's tables, front matter.
#include <algorithm>
#include <string>

#include "ask/text/block_writer.hpp"
#include "ask/text/extract.hpp"
#include "ask/text/lines.hpp"
#include "ask/text/markdown_inline.hpp"

namespace ask::text {

namespace {

constexpr std::size_t code_indentation = 4;  // columns, CommonMark section 4.4

/// The fence a line opens (three or more backticks or tildes), or nothing.
std::string_view opening_fence(std::string_view text) {
  if (!text.starts_with("```") && !text.starts_with("~~~")) return {};
  return text.substr(0, text.find_first_not_of(text.front()));
}

std::uint8_t heading_level(std::string_view text) {
  const auto marks = std::min(text.find_first_not_of('#'), text.size());
  const bool is_heading =
      marks >= 1 && marks <= 6 && (marks == text.size() || text[marks] == ' ' || text[marks] == '\t');
  return is_heading ? static_cast<std::uint8_t>(marks) : 0;
}

/// `[name]: address` defines where links go; nobody reads it.
bool is_reference_definition(std::string_view text) {
  return text.starts_with('[') && text.find("]:") != std::string_view::npos && text.find("]:") < text.find(' ');
}

class markdown_reader {
 public:
  explicit markdown_reader(std::string_view text) : lines_(text) {}

  extracted read() {
    read_front_matter();
    std::string_view line;
    while (!out_.is_full() && lines_.next(line)) on_line(line);
    return out_.take();
  }

 private:
  /// YAML between `---` lines at the very start; only the title is of use.
  void read_front_matter() {
    if (lines_.peek() != "---") return;
    auto ahead = lines_;
    std::string_view line;
    std::string_view title;
    ahead.next(line);
    while (ahead.next(line)) {
      if (line == "---" || line == "...") {
        out_.title(title);
        lines_ = ahead;
        return;
      }
      if (line.starts_with("title:")) {
        title = trim(line.substr(6));
        if (title.size() >= 2 && title.front() == title.back() && (title.front() == '"' || title.front() == '\'')) {
          title = title.substr(1, title.size() - 2);
        }
      }
    }
  }

  void on_line(std::string_view line) {
    auto text = trim(line);
    if (!fence_.empty()) return on_fenced(line, text);
    if (is_in_comment_) {
      is_in_comment_ = text.find("-->") == std::string_view::npos;
      return;
    }
    if (text.empty()) {
      out_.open(out_.kind() == block_kind::preformatted ? block_kind::preformatted : block_kind::paragraph);
      is_after_blank_ = true;
      return;
    }
    const bool was_after_blank = is_after_blank_;
    is_after_blank_ = false;
    if (was_after_blank && indentation(line) < 2) is_in_list_ = false;  // an item would begin it again
    while (text.starts_with('>')) text = trim(text.substr(1));
    if (const auto fence = opening_fence(text); !fence.empty()) {
      fence_ = fence;
      out_.open(block_kind::preformatted);
      return;
    }
    if (on_indented_code(line, was_after_blank)) return;
    if (text.starts_with("<!--")) {
      is_in_comment_ = text.find("-->") == std::string_view::npos;
      return;
    }
    on_text(text);
  }

  void on_text(std::string_view text) {
    if (const auto level = heading_level(text); level != 0) {
      return write_heading(trim(text.substr(level)), level);
    }
    if (is_rule(text, "=-", 2) && out_.kind() == block_kind::paragraph && !trim(out_.text()).empty()) {
      // An underline makes a heading of the paragraph above it (setext).
      const std::string heading(trim(out_.text()));
      out_.discard();
      out_.open(block_kind::heading, text.front() == '=' ? 1 : 2);
      out_.append(heading);
      return out_.close();
    }
    if (is_rule(text, "-*_", 3)) return out_.close();
    if (is_reference_definition(text)) return;
    if (text.starts_with('|')) return write_row(text);
    if (const auto marker = list_marker(text); marker != 0) {
      out_.open(block_kind::item);
      is_in_list_ = true;
      const bool is_numbered = text.front() >= '0' && text.front() <= '9';
      if (is_numbered) out_.append(text.substr(0, marker));
      text.remove_prefix(marker);
    }
    out_.append(plain_inline(trim(text)));
    out_.space();
  }

  void on_fenced(std::string_view line, std::string_view text) {
    if (text.starts_with(fence_) && text.find_first_not_of(fence_.front()) == std::string_view::npos) {
      fence_ = {};
      return out_.close();
    }
    out_.append_verbatim(line);
    out_.append_verbatim("\n");
  }

  /// True when the line was taken as indented code. Inside of a list an indented line continues the item.
  bool on_indented_code(std::string_view line, bool was_after_blank) {
    const bool is_indented = indentation(line) >= code_indentation;
    const bool is_open = out_.kind() == block_kind::preformatted;
    if (is_indented && (is_open || (was_after_blank && !is_in_list_))) {
      if (!is_open) out_.open(block_kind::preformatted);
      out_.append_verbatim(line.substr(line.front() == '\t' ? 1 : std::min(code_indentation, line.size())));
      out_.append_verbatim("\n");
      return true;
    }
    if (is_open) out_.close();
    return false;
  }

  void write_heading(std::string_view text, std::uint8_t level) {
    const auto last = text.find_last_not_of('#');
    if (last != std::string_view::npos && last + 1 < text.size() && text[last] == ' ')
      text = trim(text.substr(0, last));
    out_.open(block_kind::heading, level);
    out_.append(plain_inline(text));
    out_.close();
    is_in_list_ = false;
  }

  void write_row(std::string_view text) {
    if (text.find_first_not_of("|-: \t") == std::string_view::npos) return;  // the line under the table's head
    out_.open(block_kind::item);
    while (!text.empty()) {
      const auto end = std::min(text.find('|'), text.size());
      if (const auto cell = trim(text.substr(0, end)); !cell.empty()) {
        if (!out_.text().empty()) out_.append(" | ");
        out_.append(plain_inline(cell));
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    out_.close();
  }

  line_reader lines_;
  block_writer out_;
  std::string_view fence_;
  bool is_in_comment_ = false;
  bool is_in_list_ = false;
  bool is_after_blank_ = true;
};

}  // namespace

extracted extract_markdown(std::string_view markdown) {
  return markdown_reader(markdown).read();
}

}  // namespace ask::text
