#include "sage/model/value_reader.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "sage/base/utf8.hpp"
#include "sage/model/number_text.hpp"
#include "sage/model/seen_fields.hpp"

namespace sage {

namespace {

constexpr std::size_t shown_bytes_max = 40;

std::string shorten(std::string_view text) {
  std::string shown;
  append_repaired_utf8(shown, text.substr(0, shown_bytes_max));
  if (text.size() > shown_bytes_max) shown += "...";
  return shown;
}

std::string spell(double number) {
  std::string text;
  append_number(text, number);
  return text;
}

/// Doubles between -2^63 and 2^64 without a fraction are whole numbers too: other programs write 5.0 for 5.
bool is_whole(double real) noexcept {
  return std::trunc(real) == real;
}

constexpr double two_to_53 = 9007199254740992.0;  // beyond, a double no longer names one whole number

}  // namespace

value_reader::~value_reader() = default;

bool value_reader::fail(errc code, std::string message, std::string advice) {
  if (!failed()) {
    problem_.code = code;
    problem_.message = std::move(message);
    problem_.advice = std::move(advice);
    locate(problem_);
  }
  return false;
}

bool value_reader::fail_expected(std::string_view wanted) {
  return fail(errc::parse, "expected " + std::string(wanted) + ", got " + describe_next());
}

std::string value_reader::describe_next() {
  return std::string(describe_kind(peek()));
}

bool value_reader::fail_range(std::string_view number, std::int64_t min, std::uint64_t max) {
  return fail(errc::parse,
              shorten(number) + " is out of range (" + std::to_string(min) + " to " + std::to_string(max) + ")");
}

bool value_reader::fail_elements() {
  return fail(errc::limit, "more than " + std::to_string(limits_.elements_max) + " elements",
              "raise decode_limits::elements_max if this input can be trusted");
}

bool value_reader::enter() {
  if (depth_ == limits_.depth_max) {
    return fail(errc::limit, "nested deeper than " + std::to_string(limits_.depth_max) + " levels",
                "raise decode_limits::depth_max if this input can be trusted");
  }
  ++depth_;
  return true;
}

bool value_reader::read_integer(std::int64_t& value, std::int64_t min, std::int64_t max) {
  decoded_number number;
  if (!read_number(number)) return false;
  if (number.kind == value_kind::real && is_whole(number.real) && std::abs(number.real) <= two_to_53) {
    number.kind = value_kind::int64;
    number.int64 = static_cast<std::int64_t>(number.real);
  }
  if (number.kind == value_kind::int64 && number.int64 >= min && number.int64 <= max) {
    value = number.int64;
    return true;
  }
  if (number.kind == value_kind::int64) {
    return fail_range(std::to_string(number.int64), min, static_cast<std::uint64_t>(max));
  }
  if (number.kind == value_kind::uint64) {
    return fail_range(std::to_string(number.uint64), min, static_cast<std::uint64_t>(max));
  }
  if (is_whole(number.real)) return fail_range(spell(number.real), min, static_cast<std::uint64_t>(max));
  return fail(errc::parse, "expected a whole number, got " + spell(number.real));
}

bool value_reader::read_unsigned(std::uint64_t& value, std::uint64_t max) {
  decoded_number number;
  if (!read_number(number)) return false;
  if (number.kind == value_kind::real && is_whole(number.real) && std::abs(number.real) <= two_to_53) {
    number.kind = value_kind::int64;
    number.int64 = static_cast<std::int64_t>(number.real);
  }
  if (number.kind == value_kind::int64) {
    if (number.int64 < 0) return fail_range(std::to_string(number.int64), 0, max);
    number.uint64 = static_cast<std::uint64_t>(number.int64);
  } else if (number.kind == value_kind::real) {
    if (is_whole(number.real)) return fail_range(spell(number.real), 0, max);
    return fail(errc::parse, "expected a whole number, got " + spell(number.real));
  }
  if (number.uint64 > max) return fail_range(std::to_string(number.uint64), 0, max);
  value = number.uint64;
  return true;
}

bool value_reader::read_double(double& value) {
  if (peek() == value_kind::string) {  // what JSON has no numbers for
    std::string_view text;
    if (!read_text(text)) return false;
    if (text == "NaN") {
      value = std::numeric_limits<double>::quiet_NaN();
    } else if (text == "Infinity") {
      value = std::numeric_limits<double>::infinity();
    } else if (text == "-Infinity") {
      value = -std::numeric_limits<double>::infinity();
    } else {
      return fail(errc::parse, "expected a number, got \"" + shorten(text) + "\"");
    }
    return true;
  }
  decoded_number number;
  if (!read_number(number)) return false;
  switch (number.kind) {
    case value_kind::int64: value = static_cast<double>(number.int64); break;
    case value_kind::uint64: value = static_cast<double>(number.uint64); break;
    default: value = number.real; break;
  }
  return true;
}

bool value_reader::read_float(float& value) {
  decoded_number number;
  double wide = 0;
  if (peek() == value_kind::string) {
    if (!read_double(wide)) return false;
    value = static_cast<float>(wide);
    return true;
  }
  if (!read_number(number)) return false;
  switch (number.kind) {
    case value_kind::int64: value = static_cast<float>(number.int64); return true;
    case value_kind::uint64: value = static_cast<float>(number.uint64); return true;
    default: value = static_cast<float>(number.real); break;
  }
  if (std::isinf(value) && !std::isinf(number.real)) {
    return fail(errc::parse, "number is out of range for a float", "use a double field");
  }
  // From the digits, where there are any: rounding to double first may end one float beside the nearest.
  std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
  return true;
}

bool value_reader::read_string(std::string& value) {
  std::string_view text;
  if (!read_text(text)) return false;
  value.assign(text);
  return true;
}

bool value_reader::read_record(void* record, const record_codec& codec) {
  container_cursor cursor;
  if (!begin_map(cursor)) return false;
  seen_fields seen(codec);
  std::uint32_t expected = 0;
  for (;;) {
    std::string_view key;
    const container_step step = next_key(cursor, key);
    if (step == container_step::failed) return false;
    if (step == container_step::end) return check_missing(codec, seen);
    if (!read_named(record, codec, key, expected, seen)) return false;
  }
}

bool value_reader::read_named(void* record, const record_codec& codec, std::string_view key, std::uint32_t& expected,
                              seen_fields& seen) {
  // Writers keep the order of the description: the field after the last one is the first guess.
  std::uint32_t i = expected;
  if (i >= codec.count || codec.fields[i].name != key) {
    for (i = 0; i < codec.count && codec.fields[i].name != key;) ++i;
  }
  if (i < codec.count && !codec.fields[i].secret) {
    expected = i + 1;
    return read_field(record, codec, i, seen);
  }
  if (i == codec.count && mode_ == decode_mode::strict) {
    fail(errc::parse, "unknown field");
    problem_.in_field(key);
    return false;
  }
  return skip_value();
}

bool value_reader::read_field(void* record, const record_codec& codec, std::uint32_t field, seen_fields& seen) {
  const field_codec& codec_of_field = codec.fields[field];
  if (codec_of_field.secret) return skip_value();
  if (seen.add(field) ? codec_of_field.read(*this, record) : fail(errc::parse, "field is there twice")) return true;
  problem_.in_field(codec_of_field.name);
  return false;
}

bool value_reader::check_missing(const record_codec& codec, const seen_fields& seen) {
  if (mode_ == decode_mode::tolerant) return true;
  for (std::uint32_t i = 0; i < codec.count; ++i) {
    const field_codec& field = codec.fields[i];
    if (seen.has(i) || field.optional || field.secret) continue;
    fail(errc::parse, "field is missing");
    problem_.in_field(field.name);
    return false;
  }
  return true;
}

bool value_reader::read_list(void* list, read_function read_appended) {
  container_cursor cursor;
  if (!begin_list(cursor)) return false;
  for (;;) {
    const container_step step = next_element(cursor);
    if (step == container_step::end) return true;
    if (step == container_step::failed || !read_appended(*this, list)) {
      problem_.in_element(cursor.index - (cursor.index == 0 ? 0 : 1));
      return false;
    }
  }
}

bool value_reader::read_tuple(void* tuple, std::size_t size,
                              bool (*read_part)(value_reader& in, void* tuple, std::size_t index)) {
  container_cursor cursor;
  if (!begin_list(cursor)) return false;
  for (std::size_t i = 0;; ++i) {
    const container_step step = next_element(cursor);
    if (step == container_step::failed) return false;
    if (step == container_step::end) {
      if (i == size) return true;
      return fail(errc::parse, "expected " + std::to_string(size) + " elements, got " + std::to_string(i));
    }
    if (i == size) return fail(errc::parse, "expected " + std::to_string(size) + " elements, got more");
    if (!read_part(*this, tuple, i)) {
      problem_.in_element(i);
      return false;
    }
  }
}

bool value_reader::read_map(void* map, bool (*read_entry)(value_reader& in, void* map, std::string_view key)) {
  container_cursor cursor;
  if (!begin_map(cursor)) return false;
  for (;;) {
    std::string_view key;
    const container_step step = next_key(cursor, key);
    if (step == container_step::end) return true;
    if (step == container_step::failed) return false;
    const std::string name(key);  // the view dies with the next read, the path may need it
    if (!read_entry(*this, map, name)) {
      problem_.in_field(name);
      return false;
    }
  }
}

bool value_reader::read_ticks(std::int64_t& ticks, std::int64_t milliseconds, std::int64_t min, std::int64_t max) {
  std::int64_t count = 0;
  if (!read_integer(count, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max())) {
    return false;
  }
  if (count % milliseconds != 0) {
    return fail(errc::parse, std::to_string(count) + " ms is not a whole number of this field's unit of " +
                                 std::to_string(milliseconds) + " ms");
  }
  count /= milliseconds;
  if (count < min || count > max) return fail_range(std::to_string(count), min, static_cast<std::uint64_t>(max));
  ticks = count;
  return true;
}

bool value_reader::read_enum(std::int64_t& value, const enum_codec& codec) {
  if (codec.from_text == nullptr && (codec.count == 0 || peek() != value_kind::string)) {
    if (codec.min < 0) return read_integer(value, codec.min, static_cast<std::int64_t>(codec.max));
    std::uint64_t bits = 0;
    if (!read_unsigned(bits, codec.max)) return false;
    value = static_cast<std::int64_t>(bits);
    return true;
  }
  std::string_view name;
  if (!read_text(name)) return false;
  for (const enum_entry& entry : codec) {
    if (entry.name == name) {
      value = entry.value;
      return true;
    }
  }
  if (codec.from_text != nullptr && codec.from_text(name, value)) return true;
  std::string message = "\"" + shorten(name) + "\" is none of ";
  for (std::size_t i = 0; i < codec.count && i < 16; ++i) {
    if (i > 0) message += ", ";
    message += codec.entries[i].name;
  }
  if (codec.count > 16) message += ", ...";
  return fail(errc::parse, std::move(message));
}

}  // namespace sage
