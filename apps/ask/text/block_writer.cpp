#include "ask/text/block_writer.hpp"

#include <utility>

#include "ask/limits.hpp"

namespace ask::text {

namespace {

constexpr bool is_white(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Bytes of the white space character at `at`: ASCII or the no-break space; 0 when it is none.
std::size_t white_length(std::string_view text, std::size_t at) {
  if (is_white(text[at])) return 1;
  return text[at] == '\xC2' && at + 1 < text.size() && text[at + 1] == '\xA0' ? 2 : 0;
}

/// Preformatted text without leading and trailing blank lines and without white space at its end; indentation of
/// the first line stays.
std::string_view trim_lines(std::string_view text) {
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  for (auto end = text.find('\n'); end != std::string_view::npos && trim(text.substr(0, end)).empty();
       end = text.find('\n')) {
    text.remove_prefix(end + 1);
  }
  return text;
}

}  // namespace

void block_writer::open(block_kind kind, std::uint8_t level) {
  flush();
  kind_ = kind;
  level_ = level;
}

void block_writer::open_paragraph() {
  const bool keeps_kind = text_.empty() && (kind_ == block_kind::item || kind_ == block_kind::term);
  if (!keeps_kind) close();
}

void block_writer::append(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (const auto white = white_length(text, at); white != 0) {
      space();
      at += white;
      continue;
    }
    const auto begin = at;
    while (at < text.size() && white_length(text, at) == 0) ++at;
    text_.append(text.substr(begin, at - begin));
  }
}

void block_writer::space() {
  if (!text_.empty() && !is_white(text_.back())) text_.push_back(' ');
}

bool block_writer::is_full() const noexcept {
  return done_.blocks.size() > limits::blocks_max;
}

void block_writer::title(std::string_view text) {
  if (!done_.title.empty()) return;
  const auto open = std::exchange(text_, {});  // titles are written as text is: white space collapsed
  append(text);
  done_.title = cut_utf8(trim(text_), limits::heading_bytes_max);
  text_ = open;
}

void block_writer::flush() {
  auto text = kind_ == block_kind::preformatted ? trim_lines(text_) : trim(text_);
  if (!text.empty() && !is_full()) {
    // A "heading" of many lines is a heading whose end is missing: its text must not be lost.
    if (kind_ == block_kind::heading && text.size() > 2 * limits::heading_bytes_max) {
      kind_ = block_kind::paragraph;
      level_ = 0;
    }
    if (kind_ == block_kind::heading) text = cut_utf8(text, limits::heading_bytes_max);
    done_.blocks.push_back({kind_, level_, std::string(text)});
  }
  text_.clear();
}

extracted block_writer::take() {
  close();
  if (done_.title.empty()) {
    for (const auto& block : done_.blocks) {
      if (block.kind != block_kind::heading) continue;
      done_.title = block.text;
      break;
    }
  }
  return std::exchange(done_, {});
}

}  // namespace ask::text
