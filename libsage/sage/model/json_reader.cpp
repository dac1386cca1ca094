#include "sage/model/json_reader.hpp"

#include <charconv>
#include <cstring>

#include "sage/base/base64.hpp"
#include "sage/base/utf8.hpp"
#include "sage/model/json_text.hpp"
#include "sage/model/seen_fields.hpp"

namespace sage {

namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::string spell(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7f) return std::string("character '") + c + "'";
  constexpr char hex[] = "0123456789abcdef";
  return std::string("byte 0x") + hex[byte >> 4] + hex[byte & 15];
}

}  // namespace

json_reader::json_reader(std::string_view text, const decode_limits& limits, decode_mode mode)
    : value_reader(limits, mode),
      begin_(text.data()),
      at_(text.data()),
      mark_(text.data()),
      end_(text.data() + text.size()) {
  if (text.size() > limits.bytes_max) {
    fail(errc::limit, "JSON of " + std::to_string(text.size()) + " bytes; at most " +
                          std::to_string(limits.bytes_max) + " are accepted");
    end_ = at_;
  } else if (text.starts_with("\xef\xbb\xbf")) {
    at_ += 3;
  }
}

void json_reader::locate(decode_problem& problem) const {
  problem.offset = static_cast<std::uint64_t>(mark_ - begin_);
  problem.line = 1;
  problem.column = 1;
  for (const char* c = begin_; c < mark_; ++c) {
    if (*c == '\n') {
      ++problem.line;
      problem.column = 1;
    } else if ((static_cast<unsigned char>(*c) & 0xc0) != 0x80) {
      ++problem.column;
    }
  }
}

std::string json_reader::describe_next() {
  skip_space();
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (rest.empty()) return "the end of the input";
  const char c = rest.front();
  if (std::string_view("{[\"-0123456789").find(c) != std::string_view::npos || rest.starts_with("true") ||
      rest.starts_with("false") || rest.starts_with("null")) {
    return value_reader::describe_next();
  }
  return spell(c);
}

bool json_reader::fail_token(std::string_view wanted) {
  skip_space();
  return fail_syntax("expected " + std::string(wanted) + ", got " + describe_next());
}

bool json_reader::fail_syntax(std::string message, std::string advice) {
  mark_ = at_;
  return fail(errc::parse, std::move(message), std::move(advice));
}

bool json_reader::finish() {
  if (failed()) return false;
  skip_space();
  return at_ == end_ || fail_syntax("expected the end of the input, got " + spell(*at_));
}

value_kind json_reader::peek() {
  skip_space();
  if (at_ == end_) return value_kind::null;
  switch (*at_) {
    case '{': return value_kind::map;
    case '[': return value_kind::list;
    case '"': return value_kind::string;
    case 't':
    case 'f': return value_kind::boolean;
    case 'n': return value_kind::null;
    default: return value_kind::real;
  }
}

bool json_reader::take_null() {
  skip_space();
  if (end_ - at_ < 4 || std::memcmp(at_, "null", 4) != 0) return false;
  at_ += 4;
  return true;
}

bool json_reader::read_bool(bool& value) {
  skip_space();
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (rest.starts_with("true")) {
    value = true;
    at_ += 4;
  } else if (rest.starts_with("false")) {
    value = false;
    at_ += 5;
  } else {
    return fail_token("a boolean");
  }
  return true;
}

bool json_reader::read_text(std::string_view& text) {
  skip_space();
  mark_ = at_;
  if (at_ == end_ || *at_ != '"') return fail_token("a string");
  return read_quoted(text);
}

bool json_reader::check_utf8(std::string_view text) {
  const std::size_t bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return true;
  at_ = text.data() + bad;
  return fail_syntax("the text is not valid UTF-8: " + spell(*at_), "convert the input to UTF-8");
}

/// At an opening quote.
inline bool json_reader::read_quoted(std::string_view& text) {
  const char* const first = ++at_;
  bool high = false;
  at_ = find_special(first, end_, high);
  text = std::string_view(first, static_cast<std::size_t>(at_ - first));
  if (at_ < end_ && *at_ == '"' && !high) {
    ++at_;
    return true;
  }
  return read_unusual(text);
}

/// At what ended the plain part of a string, or after a part that isn't ASCII.
bool json_reader::read_unusual(std::string_view& text) {
  if (at_ < end_ && *at_ == '\\') return read_escaped(text.data(), text);
  if (!check_string_end() || !check_utf8(text)) return false;
  ++at_;
  return true;
}

bool json_reader::check_string_end() {
  if (at_ == end_) return fail_syntax("a string without its closing quote");
  return *at_ == '"' || fail_syntax("control " + spell(*at_) + " in a string must be written with a backslash");
}

/// At the first backslash of a string that began at `from`.
bool json_reader::read_escaped(const char* from, std::string_view& text) {
  scratch_.clear();
  for (;;) {
    const std::string_view plain(from, static_cast<std::size_t>(at_ - from));
    if (!check_utf8(plain)) return false;
    scratch_.append(plain);
    if (at_ == end_ || *at_ != '\\') {
      if (!check_string_end()) return false;
      ++at_;
      text = scratch_;
      return true;
    }
    if (!read_escape()) return false;
    from = at_;
    bool high = false;
    at_ = find_special(at_, end_, high);
  }
}

/// At a backslash.
bool json_reader::read_escape() {
  ++at_;
  if (at_ == end_) return fail_syntax("a string without its closing quote");
  const char kind = *at_++;
  switch (kind) {
    case '"':
    case '\\':
    case '/': scratch_.push_back(kind); return true;
    case 'b': scratch_.push_back('\b'); return true;
    case 'f': scratch_.push_back('\f'); return true;
    case 'n': scratch_.push_back('\n'); return true;
    case 'r': scratch_.push_back('\r'); return true;
    case 't': scratch_.push_back('\t'); return true;
    case 'u': break;
    default: --at_; return fail_syntax("unknown escape: backslash and " + spell(kind));
  }
  unsigned unit = 0;
  if (!read_code_unit(unit)) return false;
  char32_t point = unit;
  if (unit >= 0xd800 && unit < 0xdc00) {
    unsigned low = 0;
    const bool paired = end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u';
    if (paired) at_ += 2;
    if (!paired || !read_code_unit(low) || low < 0xdc00 || low > 0xdfff) {
      return fail_syntax("the first half of a surrogate pair without the second");
    }
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
  } else if (unit >= 0xdc00 && unit <= 0xdfff) {
    return fail_syntax("the second half of a surrogate pair without the first");
  }
  append_utf8(scratch_, point);
  return true;
}

bool json_reader::read_code_unit(unsigned& unit) {
  if (end_ - at_ < 4) return fail_syntax("expected four hexadecimal digits");
  const auto [end, problem] = std::from_chars(at_, at_ + 4, unit, 16);
  if (problem != std::errc() || end != at_ + 4) return fail_syntax("expected four hexadecimal digits");
  at_ += 4;
  return true;
}

bool json_reader::read_bytes(std::string& bytes) {
  std::string_view text;
  if (!read_text(text)) return false;
  bytes.clear();
  return append_from_base64(bytes, text) || fail(errc::parse, "expected bytes as base64 text");
}

bool json_reader::begin_list(container_cursor&) {
  skip_space();
  mark_ = at_;
  if (at_ == end_ || *at_ != '[') return fail_token("a list");
  ++at_;
  return enter();
}

bool json_reader::begin_map(container_cursor&) {
  skip_space();
  mark_ = at_;
  if (at_ == end_ || *at_ != '{') return fail_token("an object");
  ++at_;
  return enter();
}

inline container_step json_reader::next(container_cursor& cursor, char close) {
  skip_space();
  mark_ = at_;
  if (at_ < end_ && *at_ == close) {
    ++at_;
    leave();
    return container_step::end;
  }
  if (cursor.index > 0) {
    if (at_ == end_ || *at_ != ',') {
      fail_syntax(std::string("expected ',' or '") + close + "', got " +
                  (at_ == end_ ? "the end of the input" : spell(*at_)));
      return container_step::failed;
    }
    ++at_;
    skip_space();
    mark_ = at_;
  }
  if (!count_element()) return container_step::failed;
  ++cursor.index;
  return container_step::element;
}

container_step json_reader::next_element(container_cursor& cursor) {
  return next(cursor, ']');
}

container_step json_reader::next_key(container_cursor& cursor, std::string_view& key) {
  const container_step step = next(cursor, '}');
  if (step != container_step::element) return step;
  return read_key(key) ? container_step::element : container_step::failed;
}

bool json_reader::read_key(std::string_view& key) {
  if (at_ == end_ || *at_ != '"') return fail_token("a key in quotes");
  if (!read_quoted(key)) return false;
  skip_space();
  if (at_ == end_ || *at_ != ':') return fail_syntax("expected ':' after a key");
  ++at_;
  return true;
}

bool json_reader::skip_value() {
  switch (peek()) {
    case value_kind::map:
    case value_kind::list: {
      container_cursor cursor;
      const bool map = *at_ == '{';
      if (map ? !begin_map(cursor) : !begin_list(cursor)) return false;
      for (;;) {
        std::string_view key;
        const container_step step = map ? next_key(cursor, key) : next_element(cursor);
        if (step == container_step::end) return true;
        if (step == container_step::failed || !skip_value()) return false;
      }
    }
    case value_kind::string: {
      std::string_view text;
      return read_text(text);
    }
    case value_kind::boolean: {
      bool value = false;
      return read_bool(value);
    }
    case value_kind::null: return take_null() || fail_token("a value");
    default: {
      if (*at_ != '-' && !is_digit(*at_)) return fail_token("a value");
      decoded_number number;
      return read_number(number);
    }
  }
}

/// As in the base class, but a key that is the next field's name, in order and without escapes, is recognised by
/// one comparison instead of being read first.
bool json_reader::read_record(void* record, const record_codec& codec) {
  container_cursor cursor;
  if (!json_reader::begin_map(cursor)) return false;
  seen_fields seen(codec);
  std::uint32_t expected = 0;
  for (;;) {
    const container_step step = next(cursor, '}');
    if (step == container_step::failed) return false;
    if (step == container_step::end) return check_missing(codec, seen);
    if (expected < codec.count) {
      const std::string_view name = codec.fields[expected].name;
      const std::size_t size = name.size();
      if (static_cast<std::size_t>(end_ - at_) > size + 2 && at_[0] == '"' && at_[size + 1] == '"' &&
          at_[size + 2] == ':' && std::memcmp(at_ + 1, name.data(), size) == 0) {
        at_ += size + 3;
        if (!read_field(record, codec, expected++, seen)) return false;
        continue;
      }
    }
    std::string_view key;
    if (!read_key(key) || !read_named(record, codec, key, expected, seen)) return false;
  }
}

}  // namespace sage
