#include "sage/llm/text_pieces.hpp"

#include "sage/llm/character_classes.hpp"

namespace sage::llm {

namespace {

struct character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0 at the end
};

constexpr char32_t no_character = 0xfffd;

character at(std::string_view text, std::size_t position) noexcept {
  if (position >= text.size()) return {};
  const auto byte = [&](std::size_t offset) -> unsigned {
    return position + offset < text.size() ? static_cast<unsigned char>(text[position + offset]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : 2;
  char32_t code = size == 4 ? first & 7 : size == 3 ? first & 15 : first & 31;
  if (first < 0xc2 || first >= 0xf5) return {no_character, 1};
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {no_character, 1};
    code = code << 6 | (byte(i) & 0x3f);
  }
  return {code, size};
}

bool is_line_end(const character& c) noexcept {
  return c.bytes > 0 && (c.code == '\r' || c.code == '\n');
}
bool is_sign(const character& c) noexcept {
  return c.bytes > 0 && !is_space(c.code) && !is_letter(c.code) && !is_number(c.code);
}

template <class Belongs>
std::size_t run(std::string_view text, std::size_t from, Belongs belongs) noexcept {
  for (character c = at(text, from); c.bytes > 0 && belongs(c); c = at(text, from)) from += c.bytes;
  return from;
}

/// 's, 't, 'll and the like, in any case.
std::size_t contraction(std::string_view text) noexcept {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const auto low = [&](std::size_t i) { return i < text.size() ? static_cast<char>(text[i] | 0x20) : '\0'; };
  const char first = low(1);
  if (first == 's' || first == 'd' || first == 'm' || first == 't') return 2;
  const char second = low(2);
  const bool is_known = (first == 'l' && second == 'l') || ((first == 'v' || first == 'r') && second == 'e');
  return is_known ? 3 : 0;
}

std::size_t white_space(std::string_view text) noexcept {
  std::size_t end = 0;
  std::size_t last = 0;         // where the last character begins
  std::size_t behind_line = 0;  // where the last line end ends
  for (character c = at(text, 0); c.bytes > 0 && is_space(c.code); c = at(text, end)) {
    last = end;
    end += c.bytes;
    if (is_line_end(c)) behind_line = end;
  }
  if (end == text.size()) return end;
  if (behind_line > 0) return behind_line;
  // The last space belongs to what is behind it.
  return last > 0 ? last : end;
}

}  // namespace

std::size_t first_piece(std::string_view text, std::size_t digits_max) noexcept {
  const character first = at(text, 0);
  if (first.bytes == 0) return 0;
  if (const std::size_t size = contraction(text); size > 0) return size;
  const auto is_word = [](const character& c) { return is_letter(c.code); };
  if (is_word(first)) return run(text, first.bytes, is_word);
  if (is_number(first.code)) {
    std::size_t left = digits_max;
    return run(text, 0, [&](const character& c) { return left > 0 && is_number(c.code) && left-- > 0; });
  }
  const character second = at(text, first.bytes);
  if (!is_line_end(first) && second.bytes > 0 && is_word(second)) return run(text, first.bytes, is_word);
  const bool begins_with_space = first.code == ' ' && is_sign(second);
  if (begins_with_space || is_sign(first)) {
    const std::size_t end = run(text, begins_with_space ? first.bytes : 0, is_sign);
    return run(text, end, is_line_end);
  }
  return white_space(text);
}

}  // namespace sage::llm
