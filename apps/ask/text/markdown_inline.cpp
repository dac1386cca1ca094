#include "ask/text/markdown_inline.hpp"

#include <algorithm>

#include "ask/limits.hpp"
#include "ask/text/entities.hpp"
#include "sage/base/utf8.hpp"

namespace ask::text {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_punctuation(char c) {
  return c > ' ' && static_cast<unsigned char>(c) < 0x7F && !is_word(c);
}

class inline_reader {
 public:
  explicit inline_reader(std::string_view line) : line_(line) { out_.reserve(line.size()); }

  std::string read() {
    while (at_ < line_.size()) {
      switch (line_[at_]) {
        case '\\': on_backslash(); break;
        case '`': on_code(); break;
        case '*': on_stars(); break;
        case '_': on_underscores(); break;
        case '~': on_tildes(); break;
        case '!': on_bang(); break;
        case '[': ++at_; break;  // the text between the brackets stays
        case ']': on_bracket(); break;
        case '<': on_angle(); break;
        case '&': on_ampersand(); break;
        default: keep(1);
      }
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] char at(std::size_t offset) const { return at_ + offset < line_.size() ? line_[at_ + offset] : '\0'; }
  [[nodiscard]] char before() const { return at_ == 0 ? ' ' : line_[at_ - 1]; }

  /// Where `text` occurs at or after `from`, if that is near.
  [[nodiscard]] std::size_t find_near(std::string_view text, std::size_t from) const {
    const auto found = line_.substr(from, limits::inline_bytes_max).find(text);
    return found == std::string_view::npos ? found : from + found;
  }

  void keep(std::size_t count) {
    out_.append(line_.substr(at_, count));
    at_ += count;
  }

  void on_backslash() {
    if (is_punctuation(at(1))) ++at_;
    keep(1);
  }

  void on_code() {
    const auto run = std::min(line_.find_first_not_of('`', at_), line_.size()) - at_;
    const auto fence = line_.substr(at_, run);
    const auto end = find_near(fence, at_ + run);
    if (end == std::string_view::npos) return keep(run);
    out_.append(line_.substr(at_ + run, end - at_ - run));
    at_ = end + run;
  }

  /// A star beside a space on both sides is a star; all others are emphasis.
  void on_stars() {
    const auto run = std::min(line_.find_first_not_of('*', at_), line_.size()) - at_;
    const char after = at(run);
    if ((before() == ' ') && (after == ' ' || after == '\0')) return keep(run);
    at_ += run;
  }

  /// Underscores inside of words belong to the word (max_connections).
  void on_underscores() {
    const auto run = std::min(line_.find_first_not_of('_', at_), line_.size()) - at_;
    if (is_word(before()) && is_word(at(run))) return keep(run);
    at_ += run;
  }

  void on_tildes() {
    if (at(1) == '~') {
      at_ += 2;
    } else {
      keep(1);
    }
  }

  void on_bang() {
    if (at(1) == '[') {
      at_ += 2;
    } else {
      keep(1);
    }
  }

  /// After the text of a link: its address or reference goes.
  void on_bracket() {
    ++at_;
    const char opening = at(0);
    if (opening != '(' && opening != '[') return;
    const auto end = find_near(opening == '(' ? ")" : "]", at_);
    if (end != std::string_view::npos) at_ = end + 1;
  }

  void on_angle() {
    const auto end = find_near(">", at_);
    const bool is_tag = is_letter(at(1)) || at(1) == '/' || at(1) == '!';
    if (!is_tag || end == std::string_view::npos) return keep(1);
    const auto inside = line_.substr(at_ + 1, end - at_ - 1);
    const bool is_address =
        inside.find(' ') == std::string_view::npos &&
        (inside.find("://") != std::string_view::npos || inside.find('@') != std::string_view::npos);
    if (is_address) out_.append(inside);
    at_ = end + 1;
  }

  void on_ampersand() {
    const auto found = read_entity(line_.substr(at_));
    if (found.bytes == 0) return keep(1);
    sage::append_utf8(out_, found.code_point);
    at_ += found.bytes;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string plain_inline(std::string_view line) {
  return inline_reader(line).read();
}

}  // namespace ask::text
