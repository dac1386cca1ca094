// HTML to blocks in one pass without a tree. A real HTML parser was tried and left: gumbo reads 18 MB/s and libxml2
// 55 MB/s on the documents of the tests, both without what comes after; this scanner reads several hundred. What it
// gives up is the tree builder's repair of wrong nesting, which changes nothing in the order of the text.
#include <algorithm>
#include <array>
#include <string>

#include "ask/limits.hpp"
#include "ask/text/block_writer.hpp"
#include "ask/text/entities.hpp"
#include "ask/text/extract.hpp"
#include "ask/text/html_elements.hpp"
#include "sage/base/utf8.hpp"

namespace ask::text {

namespace {

constexpr std::size_t element_name_bytes_max = 10;  // "blockquote": a longer name is none that matters here

/// A block with more than this share of its bytes inside of links is a menu, not text (Kohlschütter et al.,
/// "Boilerplate detection using shallow text features", WSDM 2010, take 1/3 of words; rows of package tables, where
/// all but the description is a link, ask for a little more).
constexpr std::size_t link_share_percent_max = 50;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_white(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The element name at the start of a tag, in lower case, in a buffer of its own.
class element_name {
 public:
  void push(char c) {
    if (size_ < bytes_.size()) bytes_[size_] = to_lower(c);
    ++size_;
  }
  /// Empty for a name too long to mean anything to us.
  [[nodiscard]] std::string_view view() const {
    return size_ <= bytes_.size() ? std::string_view(bytes_.data(), size_) : std::string_view{};
  }

 private:
  std::array<char, element_name_bytes_max> bytes_{};
  std::size_t size_ = 0;
};

/// A start tag, as far as it matters.
struct start_tag {
  element_name name;
  bool has_href = false;
  bool is_navigation = false;
  bool is_box = false;
  bool is_self_closed = false;
};

class html_reader {
 public:
  html_reader(std::string_view html, bool skips_navigation)
      : html_(html), skips_navigation_(skips_navigation), is_xml_(trim(html.substr(0, 64)).starts_with("<?xml")) {}

  void read() {
    while (at_ < html_.size() && !out_.is_full()) {
      const auto tag = std::min(html_.find('<', at_), html_.size());
      on_text(html_.substr(at_, tag - at_));
      at_ = tag;
      if (at_ < html_.size()) read_markup();
    }
  }

  /// True when the document ended inside of something skipped: its end tag is missing.
  [[nodiscard]] bool ended_skipping() const noexcept { return skip_depth_ != 0; }

  [[nodiscard]] extracted take() {
    end_title();
    end_block();
    return out_.take();
  }

 private:
  // --- the scanner -----------------------------------------------------------------------------------------------

  void read_markup() {
    const auto rest = html_.substr(at_);
    if (rest.starts_with("<!--")) return skip_past("-->", 4);
    if (rest.starts_with("<![CDATA[")) {
      const auto end = std::min(html_.find("]]>", at_), html_.size());
      append_decoded(html_.substr(at_ + 9, end - std::min(end, at_ + 9)));
      at_ = std::min(end + 3, html_.size());
      return;
    }
    if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '?')) return skip_past(">", 2);
    if (rest.size() > 1 && is_letter(rest[1])) return read_start_tag();
    if (rest.size() > 2 && rest[1] == '/' && is_letter(rest[2])) return read_end_tag();
    on_text(rest.substr(0, 1));  // a lonely "<" is text
    ++at_;
  }

  void skip_past(std::string_view end, std::size_t offset) {
    const auto found = html_.find(end, std::min(at_ + offset, html_.size()));
    at_ = found == std::string_view::npos ? html_.size() : found + end.size();
  }

  element_name read_name() {
    element_name name;
    while (at_ < html_.size() && !is_white(html_[at_]) && html_[at_] != '>' && html_[at_] != '/') {
      name.push(html_[at_++]);
    }
    return name;
  }

  void read_end_tag() {
    at_ += 2;
    const auto name = read_name();
    skip_past(">", 0);
    on_end(name.view());
  }

  void read_start_tag() {
    ++at_;
    start_tag tag;
    tag.name = read_name();
    while (at_ < html_.size() && html_[at_] != '>') {
      if (html_[at_] == '/' || is_white(html_[at_])) {
        tag.is_self_closed = html_[at_] == '/';
        ++at_;
      } else {
        read_attribute(tag);
      }
    }
    if (at_ < html_.size()) ++at_;
    on_start(tag);
  }

  void read_attribute(start_tag& tag) {
    tag.is_self_closed = false;
    const auto begin = at_;
    while (at_ < html_.size() && !is_white(html_[at_]) && html_[at_] != '=' && html_[at_] != '>' &&
           (html_[at_] != '/' || at_ == begin)) {
      ++at_;
    }
    const auto name = html_.substr(begin, at_ - begin);
    auto after = at_;
    while (after < html_.size() && is_white(html_[after])) ++after;
    std::string_view value;
    if (after < html_.size() && html_[after] == '=') {
      at_ = after + 1;
      value = read_value();
    } else if (at_ == begin) {
      ++at_;  // garbage: always get on
    }
    if (name == "href") tag.has_href = true;
    if (name == "class" || name == "role") {
      tag.is_navigation = tag.is_navigation || is_navigation(value);
      tag.is_box = tag.is_box || is_box(value);
    }
  }

  std::string_view read_value() {
    while (at_ < html_.size() && is_white(html_[at_])) ++at_;
    if (at_ == html_.size()) return {};
    const char quote = html_[at_];
    const auto begin = quote == '"' || quote == '\'' ? at_ + 1 : at_;
    const auto end = begin != at_ ? html_.find(quote, begin) : html_.find_first_of(" \t\r\n\f>", begin);
    if (end == std::string_view::npos) {
      // The quote never ends: take the tag to end at the next ">", so that the text after it isn't lost.
      at_ = std::min(html_.find('>', begin), html_.size());
      return {};
    }
    at_ = begin != at_ ? end + 1 : end;
    return html_.substr(begin, end - begin);
  }

  // --- what tags and text mean -----------------------------------------------------------------------------------

  void on_start(const start_tag& tag) {
    const auto name = tag.name.view();
    const auto role = role_of(name);
    const bool is_closed = tag.is_self_closed && is_xml_;
    if (skip_depth_ != 0) {
      if (name == skipped_name_.view() && !is_closed) ++skip_depth_;
      if (role == html_role::raw_text && !is_closed) skip_raw_text(name);
      return;
    }
    if (role == html_role::raw_text) {
      if (!is_closed) skip_raw_text(name);
      return;
    }
    const bool can_be_skipped = role != html_role::line_break && role != html_role::paragraph && name != "body" &&
                                name != "html" && name != "hr" && name != "img" && name != "input";
    if (skips_navigation_ && (role == html_role::skipped || (tag.is_navigation && can_be_skipped))) {
      if (is_closed) return;
      skip_depth_ = 1;
      skipped_name_ = tag.name;
      return;
    }
    if (is_in_title_ && role != html_role::inline_text) end_title();  // its end tag is missing
    if (box_depth_ != 0 ? name == box_name_.view() : tag.is_box && role == html_role::block) {
      if (!is_closed && box_depth_++ == 0) box_name_ = tag.name;
    }
    open(role, name, tag.has_href);
  }

  void open(html_role role, std::string_view name, bool has_href) {
    // Elements inside of code and headings only separate words, but for those that show that an end tag is missing.
    if (pre_depth_ != 0 && role != html_role::preformatted && role != html_role::line_break &&
        role != html_role::link && role != html_role::heading) {
      return;
    }
    switch (role) {
      case html_role::inline_text: break;
      case html_role::block:
        if (out_.kind() == block_kind::heading && name == "div") {
          out_.space();
        } else {
          end_block();
          out_.open_paragraph();
        }
        break;
      case html_role::paragraph:
        end_block();
        out_.open_paragraph();
        break;
      case html_role::definition: begin(block_kind::paragraph); break;
      case html_role::heading:
        pre_depth_ = 0;
        if (box_depth_ != 0) {
          begin(block_kind::term);
        } else {
          begin(block_kind::heading, static_cast<std::uint8_t>(name[1] - '0'));
        }
        break;
      case html_role::item:
      case html_role::row: begin(block_kind::item); break;
      case html_role::term: begin(block_kind::term); break;
      case html_role::cell:
        if (!trim(out_.text()).empty()) out_.append(" | ");
        break;
      case html_role::preformatted:
        if (pre_depth_++ == 0) begin(block_kind::preformatted);
        break;
      case html_role::line_break:
        if (pre_depth_ != 0) {
          out_.append_verbatim("\n");
        } else {
          out_.space();
        }
        break;
      case html_role::link:
        is_in_link_ = has_href;  // links don't nest: a new one ends the old one
        break;
      case html_role::title: is_in_title_ = true; break;
      case html_role::raw_text:
      case html_role::skipped: break;
    }
  }

  void on_end(std::string_view name) {
    if (skip_depth_ != 0) {
      if (name == skipped_name_.view()) --skip_depth_;
      return;
    }
    if (box_depth_ != 0 && name == box_name_.view()) --box_depth_;
    const auto role = role_of(name);
    if (pre_depth_ != 0 && role != html_role::preformatted && role != html_role::link) return;
    switch (role) {
      case html_role::block:
        if (out_.kind() == block_kind::heading && name == "div") {
          out_.space();
          break;
        }
        [[fallthrough]];
      case html_role::paragraph:
        end_block();
        out_.open_paragraph();
        break;
      case html_role::definition:
      case html_role::heading:
      case html_role::item:
      case html_role::row:
      case html_role::term: begin(block_kind::paragraph); break;
      case html_role::preformatted:
        if (pre_depth_ != 0 && --pre_depth_ == 0) begin(block_kind::paragraph);
        break;
      case html_role::link: is_in_link_ = false; break;
      case html_role::title: end_title(); break;
      default: break;
    }
  }

  void end_title() {
    if (is_in_title_) out_.title(title_);
    is_in_title_ = false;
  }

  /// Moves behind the end tag of a script, a style sheet …: nothing in between is markup.
  void skip_raw_text(std::string_view name) {
    for (auto end = html_.find("</", at_); end != std::string_view::npos; end = html_.find("</", end + 2)) {
      const auto candidate = html_.substr(end + 2, name.size());
      const bool is_same = std::equal(candidate.begin(), candidate.end(), name.begin(), name.end(),
                                      [](char a, char b) { return to_lower(a) == b; });
      if (!is_same) continue;
      at_ = end;
      return skip_past(">", 0);
    }
    at_ = html_.size();
  }

  void on_text(std::string_view text) {
    if (skip_depth_ == 0 && !text.empty()) append_decoded(text);
  }

  void append_decoded(std::string_view text) {
    if (skip_depth_ != 0) return;
    for (;;) {
      const auto ampersand = text.find('&');
      append(text.substr(0, ampersand));
      if (ampersand == std::string_view::npos) return;
      text.remove_prefix(ampersand);
      const auto found = read_entity(text);
      if (found.bytes == 0) {
        append(text.substr(0, 1));
        text.remove_prefix(1);
      } else {
        std::string character;
        if (found.code_point != 0xAD)
          sage::append_utf8(character, found.code_point);  // a soft hyphen is no character
        append(character);
        text.remove_prefix(found.bytes);
      }
    }
  }

  void append(std::string_view text) {
    if (is_in_title_) {
      if (title_.size() < 2 * limits::heading_bytes_max) title_.append(text);
      return;
    }
    const auto before = out_.text().size();
    if (pre_depth_ != 0) {
      out_.append_verbatim(text);
    } else {
      out_.append(text);
    }
    if (is_in_link_) link_bytes_ += out_.text().size() - before;
  }

  void begin(block_kind kind, std::uint8_t level = 0) {
    end_block();
    out_.open(kind, level);
  }

  /// Ends the open block; one that consists of links is navigation and is forgotten.
  void end_block() {
    const auto kind = out_.kind();
    const bool can_be_menu = kind == block_kind::paragraph || kind == block_kind::item || kind == block_kind::term;
    if (skips_navigation_ && can_be_menu && link_bytes_ * 100 > out_.text().size() * link_share_percent_max) {
      out_.discard();
    }
    link_bytes_ = 0;
  }

  std::string_view html_;
  std::size_t at_ = 0;
  bool skips_navigation_;
  bool is_xml_;
  block_writer out_;
  std::string title_;
  bool is_in_title_ = false;
  bool is_in_link_ = false;
  std::size_t link_bytes_ = 0;
  std::size_t pre_depth_ = 0;
  std::size_t skip_depth_ = 0;
  element_name skipped_name_;
  std::size_t box_depth_ = 0;
  element_name box_name_;
};

}  // namespace

extracted extract_html(std::string_view html) {
  html_reader reader(html, true);
  reader.read();
  if (!reader.ended_skipping()) return reader.take();
  // Something that is skipped never ended, and the rest of the document with it: read again, skipping only scripts.
  html_reader again(html, false);
  again.read();
  return again.take();
}

}  // namespace ask::text
