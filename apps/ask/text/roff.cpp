#include "ask/text/roff.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "sage/base/utf8.hpp"

namespace ask::text {

namespace {

struct special {
  std::string_view name;
  std::string_view text;
};

/// The special characters and strings that man pages use (groff_char(7), man(7), mdoc(7)).
constexpr auto specials = std::to_array<special>({
    {"aq", "'"},   {"dq", "\""}, {"em", "—"}, {"en", "–"}, {"hy", "-"}, {"bu", "•"}, {"ci", "○"},  {"lq", "“"},
    {"rq", "”"},   {"oq", "‘"},  {"cq", "’"}, {"ga", "`"}, {"ha", "^"}, {"ti", "~"}, {"rs", "\\"}, {"sl", "/"},
    {"at", "@"},   {"sh", "#"},  {"Do", "$"}, {"ba", "|"}, {"bv", "|"}, {"lB", "["}, {"rB", "]"},  {"lC", "{"},
    {"rC", "}"},   {"la", "⟨"},  {"ra", "⟩"}, {"Fo", "«"}, {"Fc", "»"}, {"co", "©"}, {"rg", "®"},  {"tm", "™"},
    {"mu", "×"},   {"pl", "+"},  {"mi", "−"}, {"<=", "≤"}, {">=", "≥"}, {"!=", "≠"}, {"==", "≡"},  {"->", "→"},
    {"<-", "←"},   {"+-", "±"},  {"de", "°"}, {"12", "½"}, {"sc", "§"}, {"ss", "ß"}, {":a", "ä"},  {":o", "ö"},
    {":u", "ü"},   {"'e", "é"},  {"`e", "è"}, {"'a", "á"}, {"`a", "à"}, {"~n", "ñ"}, {"Tm", "™"},  {"R", "®"},
    {"C+", "C++"}, {"eq", "="},
});

class roff_reader {
 public:
  roff_reader(std::string& out, std::string_view line) : out_(out), line_(line) {}

  void read() {
    while (at_ < line_.size()) {
      const auto escape = std::min(line_.find('\\', at_), line_.size());
      out_.append(line_.substr(at_, escape - at_));
      at_ = escape + 1;
      if (at_ < line_.size()) on_escape(line_[at_++]);
    }
  }

 private:
  void on_escape(char name) {
    switch (name) {
      case '"':
      case '#': at_ = line_.size(); break;  // comment
      case '-': out_.push_back('-'); break;
      case 'e':
      case '\\': out_.push_back('\\'); break;
      case ' ':
      case '~':
      case '0': out_.push_back(' '); break;
      case '\'': out_.push_back('\''); break;
      case '`': out_.push_back('`'); break;
      case '.': out_.push_back('.'); break;
      case '_': out_.push_back('_'); break;
      case '(': write_special(take(2)); break;
      case '[': write_special(until(']')); break;
      case '*': write_special(name_argument()); break;
      case 'f':  // font
      case 'm':  // color
      case 'M':
      case 'F':
      case 'n':  // number register
      case 'k':
      case 'V':
      case 'Y': name_argument(); break;
      case 's': size_argument(); break;
      case 'h':  // motions, lines, widths, device controls
      case 'v':
      case 'w':
      case 'l':
      case 'L':
      case 'D':
      case 'X':
      case 'Z':
      case 'o':
      case 'b':
      case 'x':
      case 'A':
      case 'B':
      case 'N':
      case 'R':
      case 'S':
      case 'H': quoted_argument(); break;
      default:
        // \& \% \/ \, \| \^ \: \c \d \u \p \r \t \z and what nobody knows: no width, no text.
        break;
    }
  }

  std::string_view take(std::size_t count) {
    const auto taken = line_.substr(std::min(at_, line_.size()), count);
    at_ += taken.size();
    return taken;
  }

  std::string_view until(char end) {
    const auto found = line_.find(end, at_);
    if (found == std::string_view::npos) return take(line_.size());
    const auto inside = line_.substr(at_, found - at_);
    at_ = found + 1;
    return inside;
  }

  /// `x`, `(xx` or `[xxx]`.
  std::string_view name_argument() {
    const auto first = take(1);
    if (first == "(") return take(2);
    if (first == "[") return until(']');
    if (first == "+" || first == "-") return take(1);  // \n+x
    return first;
  }

  /// `\s0`, `\s-1`, `\s+(10`, `\s[12]`, `\s'12'`.
  void size_argument() {
    auto first = take(1);
    if (first == "+" || first == "-") first = take(1);
    if (first == "(") {
      take(2);
    } else if (first == "[") {
      until(']');
    } else if (first == "'") {
      until('\'');
    }
  }

  void quoted_argument() {
    const auto quote = take(1);
    if (!quote.empty()) until(quote.front());
  }

  void write_special(std::string_view name) {
    const auto* found =
        std::find_if(specials.begin(), specials.end(), [&](const special& s) { return s.name == name; });
    if (found != specials.end()) {
      out_.append(found->text);
    } else {
      write_code_point(name);
    }
  }

  /// `\[u2026]`: a code point spelled out. Unknown names print nothing, as in groff.
  void write_code_point(std::string_view name) {
    if (!name.starts_with('u') || name.size() < 5 || name.size() > 7) return;
    std::uint32_t code_point = 0;
    const auto* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + 1, end, code_point, 16);
    const bool is_scalar = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    if (parsed.ec == std::errc{} && parsed.ptr == end && is_scalar) sage::append_utf8(out_, code_point);
  }

  std::string& out_;
  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

void append_roff(std::string& out, std::string_view line) {
  roff_reader(out, line).read();
}

std::vector<std::string> roff_arguments(std::string_view line) {
  std::vector<std::string> arguments;
  std::size_t at = 0;
  while (true) {
    at = line.find_first_not_of(" \t", at);
    if (at == std::string_view::npos || line.substr(at).starts_with("\\\"")) return arguments;
    std::string argument;
    if (line[at] == '"') {
      ++at;
      while (at < line.size()) {
        if (line[at] == '"') {
          if (at + 1 >= line.size() || line[at + 1] != '"') break;
          ++at;
        }
        argument.push_back(line[at++]);
      }
      ++at;
    } else {
      while (at < line.size() && line[at] != ' ' && line[at] != '\t') {
        if (line[at] == '\\' && at + 1 < line.size()) argument.push_back(line[at++]);  // "\ " does not split
        argument.push_back(line[at++]);
      }
    }
    arguments.push_back(std::move(argument));
    if (at >= line.size()) return arguments;
  }
}

}  // namespace ask::text
