// Man pages to blocks: man(7) and mdoc(7) macros, tbl tables, the conditionals that generators such as pod2man write.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "ask/limits.hpp"
#include "ask/text/block_writer.hpp"
#include "ask/text/extract.hpp"
#include "ask/text/lines.hpp"
#include "ask/text/mdoc.hpp"
#include "ask/text/roff.hpp"

namespace ask::text {

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class man_reader {
 public:
  explicit man_reader(std::string_view text) : lines_(text) {}

  extracted read() {
    std::string_view line;
    while (!out_.is_full() && lines_.next(line)) on_line(line);
    return out_.take();
  }

 private:
  void on_line(std::string_view line) {
    if (is_in_table_) return on_table_line(line);
    if (line.empty() || (line.front() != '.' && line.front() != '\'')) return write_text(line);
    line.remove_prefix(1);
    line = trim(line);
    if (line.empty() || line.starts_with("\\\"")) return;
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    on_request(line.substr(0, end), line.substr(end));
  }

  void on_request(std::string_view name, std::string_view rest) {
    if (is_one_of(name, {"de", "de1", "am", "ig"})) return skip_definition(rest);
    if (is_one_of(name, {"if", "ie", "el", "while"})) return on_condition(name, rest);
    if (name == "TS") return begin_table();
    if (is_one_of(name, {"SH", "Sh"})) return on_heading(rest, 1);
    if (is_one_of(name, {"SS", "Ss"})) return on_heading(rest, 2);
    if (is_one_of(name, {"PP", "P", "LP", "Pp", "HP", "RS", "RE", "sp", "Bl", "El", "YS", "bp"})) return paragraph();
    if (is_one_of(name, {"br", "nop"})) return line_break();
    if (is_one_of(name, {"nf", "EX", "Bd"})) return preformatted(true);
    if (is_one_of(name, {"fi", "EE", "Ed"})) return preformatted(false);
    if (is_one_of(name, {"TP", "TQ"})) {
      is_term_next_ = true;
      return;
    }
    const auto arguments = roff_arguments(rest);
    if (name == "TH" || name == "Dt") return on_title(arguments);
    if (name == "IP") return on_indented(arguments);
    if (name == "It") return on_mdoc_item(arguments);
    if (is_mdoc_inline(name)) return on_mdoc_inline(name, arguments);
    if (arguments.empty()) return;  // a font macro without words is for the next line
    if (is_one_of(name, {"B", "I", "SM", "SB", "R", "UR", "MT", "SY"})) return write_text(joined(arguments, " "));
    if (is_one_of(name, {"BR", "BI", "IR", "IB", "RB", "RI"})) return write_text(joined(arguments, ""));
    if (name == "OP") return write_text("[" + joined(arguments, " ") + "]");
    // What is left (.ad, .hy, .nr, .ds, .so, .UE …) sets how the page looks or says nothing without a formatter.
  }

  // --- text ------------------------------------------------------------------------------------------------------

  void write_text(std::string_view line) {
    plain_.clear();
    append_roff(plain_, line);
    if (is_heading_next_) {
      is_heading_next_ = false;
      out_.open(block_kind::heading, heading_level_);
      out_.append(plain_);
      return out_.close();
    }
    if (is_term_next_) {
      is_term_next_ = false;
      out_.open(block_kind::term);
      out_.append(plain_);
      return out_.close();
    }
    if (out_.kind() == block_kind::preformatted) {
      out_.append_verbatim(plain_);
      out_.append_verbatim("\n");
      return;
    }
    if (trim(plain_).empty()) return paragraph();
    out_.append(plain_);
    out_.space();
  }

  static std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const auto& word : words) {
      if (!text.empty()) text.append(separator);
      text.append(word);
    }
    return text;
  }

  void paragraph() {
    if (out_.kind() == block_kind::preformatted) {
      out_.append_verbatim("\n");
    } else {
      out_.close();
    }
  }

  void line_break() {
    if (out_.kind() != block_kind::preformatted) out_.space();
  }

  void preformatted(bool begins) { out_.open(begins ? block_kind::preformatted : block_kind::paragraph); }

  // --- structure -------------------------------------------------------------------------------------------------

  void on_title(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return;
    std::string title;
    append_roff(title, arguments[0]);
    if (arguments.size() > 1) {
      title.push_back('(');
      append_roff(title, arguments[1]);
      title.push_back(')');
    }
    out_.title(title);
  }

  void on_heading(std::string_view rest, std::uint8_t level) {
    out_.close();
    heading_level_ = level;
    is_heading_next_ = true;
    is_term_next_ = false;
    const auto words = roff_arguments(rest);
    if (!words.empty()) write_text(joined(words, " "));  // without words the next line is the heading
  }

  void on_indented(const std::vector<std::string>& arguments) {
    std::string tag;
    if (!arguments.empty()) append_roff(tag, arguments[0]);
    const bool is_bullet = std::none_of(tag.begin(), tag.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '/';
    });
    out_.open(is_bullet ? block_kind::item : block_kind::term);
    if (is_bullet) return;
    out_.append(tag);
    out_.close();
  }

  void on_mdoc_item(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return out_.open(block_kind::item);
    is_term_next_ = true;
    write_text(mdoc_inline("No", arguments, name_));
  }

  void on_mdoc_inline(std::string_view macro, const std::vector<std::string>& arguments) {
    if (macro == "Nm" && name_.empty() && !arguments.empty()) name_ = arguments[0];
    write_text(mdoc_inline(macro, arguments, name_));
  }

  // --- requests that hide text ---------------------------------------------------------------------------------

  /// Skips a macro definition up to `..` or the end its second argument names.
  void skip_definition(std::string_view rest) {
    const auto arguments = roff_arguments(rest);
    const std::string end = "." + (arguments.size() > 1 ? arguments[1] : ".");
    std::string_view line;
    while (lines_.next(line)) {
      if (trim(line) == end) return;
    }
  }

  /// Takes the text of `.if n` (a terminal, which is what we are) and of no other condition.
  void on_condition(std::string_view name, std::string_view rest) {
    rest = trim(rest);
    bool holds = false;
    if (name != "el") {
      holds = rest.starts_with("n ") || rest.starts_with("n\\{");
      rest = rest.substr(std::min(rest.find_first_of(" \\"), rest.size()));
    }
    if (rest.find("\\{") == std::string_view::npos) {
      if (!holds || condition_depth_ == limits::roff_depth_max) return;
      ++condition_depth_;
      on_line(trim(rest));
      --condition_depth_;
      return;
    }
    if (!holds) skip_braces(rest);
  }

  void skip_braces(std::string_view line) {
    int depth = 0;
    do {
      for (std::size_t at = 0; at + 1 < line.size(); ++at) {
        if (line[at] != '\\') continue;
        if (line[at + 1] == '{') ++depth;
        if (line[at + 1] == '}') --depth;
        ++at;
      }
    } while (depth > 0 && lines_.next(line));
  }

  // --- tables ----------------------------------------------------------------------------------------------------

  void begin_table() {
    out_.close();
    is_in_table_ = true;
    is_table_format_ = true;
  }

  /// The format section of tbl(1) ends with a line that ends with a dot; after it come rows of tab-separated cells.
  void on_table_line(std::string_view line) {
    if (line.starts_with(".TE")) {
      is_in_table_ = false;
      return out_.close();
    }
    if (is_table_format_) {
      is_table_format_ = !trim(line).ends_with('.');
      return;
    }
    if (line.starts_with('.') || is_rule(line, "_=", 1)) return;
    plain_.clear();
    append_roff(plain_, line);
    std::replace(plain_.begin(), plain_.end(), '\t', '|');
    if (!is_in_cell_) out_.open(block_kind::item);
    for (std::string_view row = plain_; !row.empty();) {
      const auto end = std::min(row.find('|'), row.size());
      auto cell = trim(row.substr(0, end));
      if (cell == "T}") {
        is_in_cell_ = false;
      } else {
        if (!trim(out_.text()).empty() && !is_in_cell_) out_.append(" | ");
        is_in_cell_ = is_in_cell_ || cell == "T{";
        if (cell != "T{") out_.append(cell);
        out_.space();
      }
      row.remove_prefix(std::min(end + 1, row.size()));
    }
  }

  line_reader lines_;
  block_writer out_;
  std::string plain_;
  std::string name_;  ///< what mdoc's Nm stands for
  std::uint8_t heading_level_ = 1;
  std::size_t condition_depth_ = 0;
  bool is_heading_next_ = false;
  bool is_term_next_ = false;
  bool is_in_table_ = false;
  bool is_table_format_ = false;
  bool is_in_cell_ = false;
};

}  // namespace

extracted extract_man(std::string_view roff) {
  return man_reader(roff).read();
}

}  // namespace ask::text
