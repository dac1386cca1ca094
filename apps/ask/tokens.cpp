#include "ask/tokens.hpp"

#include <utf8proc.h>

#include "ask/limits.hpp"

namespace ask {

namespace {

bool is_ascii_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_joiner(char c) {
  return c == '_' || c == '.' || c == '-';
}

struct character {
  utf8proc_int32_t code_point = -1;
  std::size_t bytes = 1;
};

character decode(std::string_view text, std::size_t at) {
  character found;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
  const auto length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &found.code_point);
  found.bytes = length > 0 ? static_cast<std::size_t>(length) : 1;
  return found;
}

/// Letters, marks and numbers.
bool is_word(utf8proc_int32_t code_point) {
  if (code_point < 0) return false;
  const auto category = utf8proc_category(code_point);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/// Scripts that write no spaces between words: Thai, Lao, Khmer, Myanmar; kana; Han.
bool is_unspaced(utf8proc_int32_t c) {
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
         (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x3FFFF);
}

void append(std::string& out, utf8proc_int32_t code_point) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(code_point, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

/// Bytes of the apostrophe at `at`, straight or curly; 0 without one.
std::size_t apostrophe_length(std::string_view text, std::size_t at) {
  if (text[at] == '\'') return 1;
  return text.substr(at).starts_with("’") ? 3 : 0;
}

}  // namespace

bool word_reader::next(word& found) {
  for (;;) {
    while (part_next_ < part_count_) {
      const auto part = parts_[part_next_++];
      if (part.end - part.begin > limits::word_bytes_max) continue;
      found = {std::string_view(lower_).substr(part.begin, part.end - part.begin), false,
               static_cast<std::uint8_t>(part_count_)};
      return true;
    }
    if (gives_whole_) {
      gives_whole_ = false;
      found = {lower_, true, static_cast<std::uint8_t>(part_count_)};
      return true;
    }
    if (!read_run()) return false;
  }
}

void word_reader::end_part(std::uint32_t begin) {
  if (begin < lower_.size()) parts_[part_count_++] = {begin, static_cast<std::uint32_t>(lower_.size())};
}

/// Appends the word character at `at` to the run and moves behind it; false when there is none. A character of an
/// unspaced script is none here: `read_run` gives those in pairs.
bool word_reader::read_character(std::size_t& at) {
  const char c = text_[at];
  if (static_cast<unsigned char>(c) < 0x80) {
    if (!is_ascii_word(c)) return false;
    lower_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    ++at;
    return true;
  }
  const auto decoded = decode(text_, at);
  if (!is_word(decoded.code_point) || is_unspaced(decoded.code_point)) return false;
  append(lower_, utf8proc_tolower(decoded.code_point));
  at += decoded.bytes;
  return true;
}

/// Reads the next identifier or pair into `lower_` and `parts_`.
bool word_reader::read_run() {
  lower_.clear();
  part_count_ = 0;
  part_next_ = 0;
  std::uint32_t begin = 0;
  while (at_ < text_.size()) {
    if (read_character(at_)) continue;
    if (!lower_.empty()) {
      const bool has_room = part_count_ + 1 < parts_max && lower_.size() <= limits::word_bytes_max;
      if (is_joiner(text_[at_]) && has_room && at_ + 1 < text_.size()) {
        const auto joiner = text_[at_];
        const auto size = lower_.size();
        end_part(begin);
        lower_.push_back(joiner);
        begin = static_cast<std::uint32_t>(lower_.size());
        if (read_character(++at_)) continue;
        lower_.resize(size);  // the joiner ends the sentence or the line, it joins nothing
        begin = static_cast<std::uint32_t>(size);
        break;
      }
      if (const auto length = apostrophe_length(text_, at_); length != 0 && at_ + length < text_.size()) {
        at_ += length;
        if (read_character(at_)) continue;
      }
      break;
    }
    const auto first = decode(text_, at_);
    at_ += first.bytes;
    if (!is_word(first.code_point) || !is_unspaced(first.code_point)) continue;
    append(lower_, first.code_point);
    if (at_ < text_.size()) {
      const auto second = decode(text_, at_);
      if (is_word(second.code_point) && is_unspaced(second.code_point)) append(lower_, second.code_point);
    }
    break;
  }
  end_part(begin);
  gives_whole_ = part_count_ > 1 && lower_.size() <= limits::word_bytes_max;
  return !lower_.empty();
}

}  // namespace ask
