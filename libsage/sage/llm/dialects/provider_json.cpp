#include "sage/llm/dialects/provider_json.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "sage/base/utf8.hpp"
#include "sage/model/json.hpp"

namespace sage::llm {

namespace {

// Half characters on their way through a JSON reader: U+10F000 + a surrogate's lower 11 bits, U+10F800 + a byte. All
// of them begin with F4 8F.
constexpr char32_t first_mark = 0x10f000;
constexpr char32_t first_byte_mark = 0x10f800;
constexpr char32_t last_mark = 0x10f8ff;
constexpr std::string_view mark_start = "\xf4\x8f";
constexpr std::string_view replacement = "\xef\xbf\xbd";

bool is_mark(char32_t point) noexcept {
  return point >= first_mark && point <= last_mark;
}

std::optional<char32_t> code_unit_at(std::string_view text, std::size_t at) {
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const auto read = std::from_chars(text.data() + at + 2, text.data() + at + 6, unit, 16);
  if (read.ec != std::errc() || read.ptr != text.data() + at + 6) return std::nullopt;
  return unit;
}

bool is_high(char32_t unit) noexcept {
  return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low(char32_t unit) noexcept {
  return unit >= 0xdc00 && unit < 0xe000;
}
char32_t paired(char32_t high, char32_t low) noexcept {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/// The code point of a well-formed character of four bytes.
char32_t point_of_four(std::string_view bytes) noexcept {
  const auto part = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(bytes[i])); };
  return (part(0) & 7) << 18 | (part(1) & 63) << 12 | (part(2) & 63) << 6 | (part(3) & 63);
}

bool may_need_mending(std::string_view text) {
  for (const std::string_view sign : {std::string_view("\\ud"), std::string_view("\\uD"), std::string_view("NaN"),
                                      std::string_view("Infinity"), mark_start}) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  return !is_utf8(text);
}

/// Rewrites a JSON text into one that a strict reader takes.
class mending {
 public:
  explicit mending(std::string_view text) : text_(text) { out_.reserve(text.size() + text.size() / 8); }

  std::string run() && {
    // Up to here the text is known to be UTF-8.
    std::size_t bad = find_invalid_utf8(text_);
    bool inside = false;
    while (at_ < text_.size()) {
      if (bad != std::string_view::npos && at_ > bad) bad = next_bad();
      const char c = text_[at_];
      if (!inside) {
        if (c == '"') inside = true;
        if (!mend_number()) out_.push_back(text_[at_++]);
      } else if (at_ == bad) {
        append_utf8(out_, first_byte_mark + static_cast<unsigned char>(c));
        ++at_;
      } else if (c == '\\') {
        mend_escape();
      } else {
        if (c == '"') inside = false;
        mend_character(c);
      }
    }
    return std::move(out_);
  }

 private:
  std::size_t next_bad() const {
    const std::size_t found = find_invalid_utf8(text_.substr(at_));
    return found == std::string_view::npos ? found : found + at_;
  }

  bool mend_number() {
    for (const std::string_view word : {"NaN", "-NaN", "Infinity", "-Infinity"}) {
      if (text_.substr(at_).starts_with(word)) {
        out_ += "null";
        at_ += word.size();
        return true;
      }
    }
    return false;
  }

  void mend_escape() {
    const auto unit = code_unit_at(text_, at_);
    if (!unit || (!is_high(*unit) && !is_low(*unit))) {
      const std::size_t length = at_ + 1 < text_.size() && static_cast<signed char>(text_[at_ + 1]) > 0 ? 2 : 1;
      out_ += text_.substr(at_, length);
      at_ += length;
      return;
    }
    if (is_high(*unit)) {
      if (const auto low = code_unit_at(text_, at_ + 6); low && is_low(*low)) {
        const char32_t point = paired(*unit, *low);
        append_utf8(out_, is_mark(point) ? 0xfffd : point);
        at_ += 12;
        return;
      }
    }
    append_utf8(out_, first_mark + (*unit & 0x7ff));
    at_ += 6;
  }

  void mend_character(char c) {
    if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char hex[] = "0123456789abcdef";
      out_ += "\\u00";
      out_.push_back(hex[c >> 4]);
      out_.push_back(hex[c & 15]);
      ++at_;
    } else if (text_.substr(at_).starts_with(mark_start) && is_mark(point_of_four(text_.substr(at_, 4)))) {
      out_ += replacement;  // a character that would be taken for one of ours
      at_ += 4;
    } else {
      out_.push_back(c);
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

/// A half surrogate as three bytes, the way UTF-8 would have it if it were allowed.
void append_half(std::string& out, char32_t unit) {
  out.push_back(static_cast<char>(0xe0 | unit >> 12));
  out.push_back(static_cast<char>(0x80 | (unit >> 6 & 63)));
  out.push_back(static_cast<char>(0x80 | (unit & 63)));
}

/// Appends `piece` with marks turned back into the bytes they stand for.
void append_unmarked(std::string& out, std::string_view piece) {
  for (std::size_t at = piece.find(mark_start); at != std::string_view::npos; at = piece.find(mark_start)) {
    out.append(piece.substr(0, at));
    const char32_t point = point_of_four(piece.substr(at, 4));
    if (!is_mark(point)) {
      out.append(piece.substr(at, 4));
    } else if (point >= first_byte_mark) {
      out.push_back(static_cast<char>(point - first_byte_mark));
    } else {
      append_half(out, 0xd800 + (point - first_mark));
    }
    piece.remove_prefix(at + 4);
  }
  out.append(piece);
}

std::optional<char32_t> half_at(std::string_view bytes) {
  if (bytes.size() < 3 || bytes[0] != '\xed') return std::nullopt;
  const auto second = static_cast<unsigned char>(bytes[1]);
  const auto third = static_cast<unsigned char>(bytes[2]);
  if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) return std::nullopt;
  return 0xd000 | (second & 63u) << 6 | (third & 63u);
}

/// Whether bytes that begin with something ill-formed may become a character by what follows them.
bool is_begun(std::string_view bytes) {
  if (const auto half = half_at(bytes)) return is_high(*half) && bytes.size() == 3;
  if (bytes.size() > 3) return false;
  // As long as some continuation makes it well-formed.
  for (const std::string_view rest :
       {"\x80", "\x90", "\xa0", "\x80\x80", "\x90\x80", "\xa0\x80", "\x80\x80\x80", "\x90\x80\x80"}) {
    if (is_utf8(std::string(bytes).append(rest))) return true;
  }
  return false;
}

const dynamic_list no_elements;

void repair_texts(dynamic_value& value) {
  const auto whole = [](std::string& text) {
    if (text.find(mark_start) == std::string::npos) return;
    std::string joined;
    text_joiner joiner;
    joiner.append(joined, text);
    joiner.finish(joined);
    text = std::move(joined);
  };
  if (auto* text = value.get_if<std::string>()) whole(*text);
  if (auto* list = value.get_if<dynamic_list>()) {
    for (dynamic_value& each : *list) repair_texts(each);
  }
  if (auto* map = value.get_if<dynamic_map>()) {
    for (auto& [key, each] : *map) {
      whole(key);
      repair_texts(each);
    }
  }
}

}  // namespace

result<dynamic_value> read_provider_pieces(std::string_view text, const decode_limits& limits) {
  if (!may_need_mending(text)) {
    auto read = from_json<dynamic_value>(text, limits);
    if (read || read.error().code() == errc::limit) return read;
  }
  if (text.size() > limits.bytes_max) return from_json<dynamic_value>(text, limits);  // says what is wrong
  return from_json<dynamic_value>(mending(text).run(), limits);
}

result<dynamic_value> read_provider_json(std::string_view text, const decode_limits& limits) {
  auto read = read_provider_pieces(text, limits);
  if (read) repair_texts(*read);
  return read;
}

void text_joiner::append(std::string& out, std::string_view piece) {
  if (kept_.empty() && piece.find(mark_start) == std::string_view::npos) {
    out.append(piece);
    return;
  }
  append_unmarked(kept_, piece);
  std::string_view rest = kept_;
  for (;;) {
    const std::size_t bad = find_invalid_utf8(rest);
    out.append(rest.substr(0, bad));
    if (bad == std::string_view::npos) break;
    rest.remove_prefix(bad);
    const auto high = half_at(rest);
    const auto low = high && is_high(*high) ? half_at(rest.substr(3)) : std::nullopt;
    if (low && is_low(*low)) {
      append_utf8(out, paired(*high, *low));
      rest.remove_prefix(6);
    } else if (is_begun(rest)) {
      kept_.erase(0, kept_.size() - rest.size());
      return;
    } else {
      out.append(replacement);
      rest.remove_prefix(high ? 3 : 1);
    }
  }
  kept_.clear();
}

void text_joiner::finish(std::string& out) {
  if (!kept_.empty()) out.append(replacement);
  kept_.clear();
}

const dynamic_value* find_value(const dynamic_value* map, std::string_view key) {
  const dynamic_value* found = map ? map->find(key) : nullptr;
  return found && !found->is_null() ? found : nullptr;
}

std::string text_at(const dynamic_value& map, std::string_view key) {
  const dynamic_value* found = find_value(&map, key);
  if (!found) return {};
  if (found->number()) return to_json(*found);
  std::string text;
  text_joiner joiner;
  joiner.append(text, found->text());
  joiner.finish(text);
  return text;
}

std::uint64_t count_at(const dynamic_value& map, std::string_view key) {
  const dynamic_value* found = find_value(&map, key);
  if (!found) return 0;
  if (const auto* whole = found->get_if<std::int64_t>()) return *whole < 0 ? 0 : static_cast<std::uint64_t>(*whole);
  if (const auto* large = found->get_if<std::uint64_t>()) return *large;
  const auto* real = found->get_if<double>();
  return real && *real >= 0 && *real < 1e15 ? static_cast<std::uint64_t>(*real) : 0;
}

const dynamic_list& list_at(const dynamic_value& map, std::string_view key) {
  const dynamic_value* found = find_value(&map, key);
  const auto* list = found ? found->get_if<dynamic_list>() : nullptr;
  return list ? *list : no_elements;
}

}  // namespace sage::llm
