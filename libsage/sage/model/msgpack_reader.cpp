#include "sage/model/msgpack_reader.hpp"

#include <bit>
#include <charconv>

namespace sage {

namespace {

/// The format byte after the ranges that carry a small value in themselves.
enum format_byte : unsigned char {
  nil = 0xc0,
  no = 0xc2,
  yes = 0xc3,
  bin_8 = 0xc4,
  bin_32 = 0xc6,
  ext_8 = 0xc7,
  ext_32 = 0xc9,
  float_32 = 0xca,
  float_64 = 0xcb,
  uint_8 = 0xcc,
  uint_64 = 0xcf,
  int_8 = 0xd0,
  int_64 = 0xd3,
  fixext_1 = 0xd4,
  fixext_16 = 0xd8,
  str_8 = 0xd9,
  str_32 = 0xdb,
  array_16 = 0xdc,
  array_32 = 0xdd,
  map_16 = 0xde,
  map_32 = 0xdf,
};

constexpr bool is_fixed_text(unsigned char f) noexcept {
  return (f & 0xe0) == 0xa0;
}
constexpr bool is_fixed_list(unsigned char f) noexcept {
  return (f & 0xf0) == 0x90;
}
constexpr bool is_fixed_map(unsigned char f) noexcept {
  return (f & 0xf0) == 0x80;
}
constexpr bool is_small_number(unsigned char f) noexcept {
  return f < 0x80 || f >= 0xe0;
}
constexpr bool is_extension(unsigned char f) noexcept {
  return (f >= ext_8 && f <= ext_32) || (f >= fixext_1 && f <= fixext_16);
}

/// Sign-extends a number of `size` bytes.
constexpr std::int64_t extend(std::uint64_t bits, std::size_t size) noexcept {
  const int unused = static_cast<int>(64 - 8 * size);
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

}  // namespace

msgpack_reader::msgpack_reader(std::string_view bytes, const decode_limits& limits, decode_mode mode)
    : value_reader(limits, mode), bytes_(bytes) {
  if (bytes.size() > limits.bytes_max) {
    fail(errc::limit, "MessagePack of " + std::to_string(bytes.size()) + " bytes; at most " +
                          std::to_string(limits.bytes_max) + " are accepted");
    bytes_ = {};
  }
}

void msgpack_reader::locate(decode_problem& problem) const {
  problem.offset = mark_;
}

bool msgpack_reader::fail_end() {
  return fail(errc::parse, "the input ends inside a value");
}

std::string msgpack_reader::describe_next() {
  if (left() == 0) return "the end of the input";
  if (format() == 0xc1) return "the byte 0xc1, which means nothing";
  if (is_extension(format())) return "an extension type";
  return value_reader::describe_next();
}

bool msgpack_reader::finish() {
  if (failed()) return false;
  return left() == 0 || fail(errc::parse, std::to_string(left()) + " bytes behind the value");
}

value_kind msgpack_reader::peek() {
  const unsigned char f = format();
  if (is_small_number(f) || (f >= uint_8 && f <= int_64)) return value_kind::int64;
  if (is_fixed_map(f) || f == map_16 || f == map_32) return value_kind::map;
  if (is_fixed_list(f) || f == array_16 || f == array_32) return value_kind::list;
  if (is_fixed_text(f) || (f >= str_8 && f <= str_32)) return value_kind::string;
  if (f == no || f == yes) return value_kind::boolean;
  if (f == float_32 || f == float_64) return value_kind::real;
  if ((f >= bin_8 && f <= bin_32) || is_extension(f)) return value_kind::bytes;
  return value_kind::null;
}

bool msgpack_reader::take_number(std::size_t size, std::uint64_t& number) {
  if (left() < 1 + size) return fail_end();
  number = 0;
  for (std::size_t i = 1; i <= size; ++i) number = number << 8 | static_cast<unsigned char>(bytes_[at_ + i]);
  at_ += 1 + size;
  return true;
}

bool msgpack_reader::take_bytes(std::uint64_t size, std::string_view& bytes) {
  if (size > left()) return fail_end();
  bytes = bytes_.substr(at_, size);
  at_ += size;
  return true;
}

bool msgpack_reader::take_null() {
  if (format() != nil) return false;
  ++at_;
  return true;
}

bool msgpack_reader::read_bool(bool& value) {
  mark_ = at_;
  if (format() != no && format() != yes) return fail_expected("a boolean");
  value = format() == yes;
  ++at_;
  return true;
}

bool msgpack_reader::read_number(decoded_number& number) {
  mark_ = at_;
  const unsigned char f = format();
  std::uint64_t bits = 0;
  number.kind = value_kind::int64;
  if (left() > 0 && is_small_number(f)) {
    number.int64 = static_cast<signed char>(f);
    ++at_;
  } else if (f >= uint_8 && f <= uint_64) {
    if (!take_number(std::size_t{1} << (f - uint_8), bits)) return false;
    number.kind = bits <= 0x7fffffffffffffff ? value_kind::int64 : value_kind::uint64;
    number.int64 = static_cast<std::int64_t>(bits);
    number.uint64 = bits;
  } else if (f >= int_8 && f <= int_64) {
    const std::size_t size = std::size_t{1} << (f - int_8);
    if (!take_number(size, bits)) return false;
    number.int64 = extend(bits, size);
  } else if (f == float_32) {
    if (!take_number(4, bits)) return false;
    number.kind = value_kind::real;
    number.real = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  } else if (f == float_64) {
    if (!take_number(8, bits)) return false;
    number.kind = value_kind::real;
    number.real = std::bit_cast<double>(bits);
  } else {
    return fail_expected("a number");
  }
  return true;
}

bool msgpack_reader::read_text(std::string_view& text) {
  mark_ = at_;
  const unsigned char f = format();
  std::uint64_t size = 0;
  if (left() > 0 && is_fixed_text(f)) {
    size = f & 0x1f;
    ++at_;
  } else if (f >= str_8 && f <= str_32) {
    if (!take_number(std::size_t{1} << (f - str_8), size)) return false;
  } else if (f >= bin_8 && f <= bin_32) {
    if (!take_number(std::size_t{1} << (f - bin_8), size)) return false;
  } else {
    return fail_expected("a string");
  }
  return take_bytes(size, text);
}

bool msgpack_reader::read_bytes(std::string& bytes) {
  if (peek() != value_kind::bytes || is_extension(format())) return fail_expected("bytes");
  std::string_view view;
  if (!read_text(view)) return false;
  bytes.assign(view);
  return true;
}

bool msgpack_reader::begin(container_cursor& cursor, std::uint64_t count, std::uint64_t bytes_each) {
  if (count > left() / bytes_each) return fail_end();  // each element takes a byte at least
  cursor.left = count;
  return enter();
}

bool msgpack_reader::begin_list(container_cursor& cursor) {
  mark_ = at_;
  const unsigned char f = format();
  std::uint64_t count = 0;
  if (left() > 0 && is_fixed_list(f)) {
    count = f & 0x0f;
    ++at_;
  } else if (f == array_16 || f == array_32) {
    if (!take_number(f == array_16 ? 2 : 4, count)) return false;
  } else {
    return fail_expected("a list");
  }
  return begin(cursor, count, 1);
}

bool msgpack_reader::begin_map(container_cursor& cursor) {
  mark_ = at_;
  const unsigned char f = format();
  std::uint64_t count = 0;
  if (left() > 0 && is_fixed_map(f)) {
    count = f & 0x0f;
    ++at_;
  } else if (f == map_16 || f == map_32) {
    if (!take_number(f == map_16 ? 2 : 4, count)) return false;
  } else {
    return fail_expected("an object");
  }
  return begin(cursor, count, 2);
}

container_step msgpack_reader::next(container_cursor& cursor) {
  mark_ = at_;
  if (cursor.left == 0) {
    leave();
    return container_step::end;
  }
  if (!count_element()) return container_step::failed;
  --cursor.left;
  ++cursor.index;
  return container_step::element;
}

container_step msgpack_reader::next_element(container_cursor& cursor) {
  return next(cursor);
}

container_step msgpack_reader::next_key(container_cursor& cursor, std::string_view& key) {
  const container_step step = next(cursor);
  if (step != container_step::element) return step;
  const value_kind kind = peek();
  if (kind == value_kind::string || (kind == value_kind::bytes && !is_extension(format()))) {
    return read_text(key) ? step : container_step::failed;
  }
  decoded_number number;
  if (kind != value_kind::int64) {
    fail_expected("a key: a string or a whole number");
    return container_step::failed;
  }
  if (!read_number(number)) return container_step::failed;
  char* const end = key_digits_ + sizeof key_digits_;
  const auto printed = number.kind == value_kind::uint64 ? std::to_chars(key_digits_, end, number.uint64)
                                                         : std::to_chars(key_digits_, end, number.int64);
  key = std::string_view(key_digits_, static_cast<std::size_t>(printed.ptr - key_digits_));
  return step;
}

bool msgpack_reader::skip_value() {
  const unsigned char f = format();
  std::string_view bytes;
  switch (peek()) {
    case value_kind::map:
    case value_kind::list: {
      container_cursor cursor;
      const bool map = peek() == value_kind::map;
      if (map ? !begin_map(cursor) : !begin_list(cursor)) return false;
      for (;;) {
        const container_step step = map ? next_key(cursor, bytes) : next_element(cursor);
        if (step == container_step::end) return true;
        if (step == container_step::failed || !skip_value()) return false;
      }
    }
    case value_kind::string: return read_text(bytes);
    case value_kind::bytes: {
      if (!is_extension(f)) return read_text(bytes);
      std::uint64_t size = 0;
      if (f >= fixext_1) {
        size = std::uint64_t{1} << (f - fixext_1);
        ++at_;
      } else if (!take_number(std::size_t{1} << (f - ext_8), size)) {
        return false;
      }
      return take_bytes(size + 1, bytes);  // one byte more: the type
    }
    case value_kind::boolean: {
      bool value = false;
      return read_bool(value);
    }
    case value_kind::null: return take_null() || fail_expected("a value");
    default: {
      decoded_number number;
      return read_number(number);
    }
  }
}

}  // namespace sage
