#include "sage/model/csv_cell.hpp"

#include <charconv>

#include "sage/base/base64.hpp"
#include "sage/base/utf8.hpp"
#include "sage/model/number_text.hpp"

namespace sage {

namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool begins_like_number(std::string_view text) noexcept {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  return !text.empty() && is_digit(text.front());
}

bool equals_lower(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + ('a' - 'A')) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

template <class Number>
bool parse_whole(std::string_view text, Number& number) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  return stop == end && problem == std::errc();
}

}  // namespace

value_kind csv_cell_reader::peek() {
  if (cell_.text.empty()) return cell_.quoted ? value_kind::string : value_kind::null;
  return begins_like_number(trim(cell_.text)) ? value_kind::real : value_kind::string;
}

std::string csv_cell_reader::describe_next() {
  if (cell_.text.empty()) return "an empty cell";
  std::string shown = "\"";
  append_repaired_utf8(shown, cell_.text.substr(0, 40));
  return shown + (cell_.text.size() > 40 ? "...\"" : "\"");
}

void csv_cell_reader::locate(decode_problem& problem) const {
  row_.locate(problem, cell_.offset);
}

bool csv_cell_reader::take_null() {
  return cell_.text.empty() && !cell_.quoted;
}

bool csv_cell_reader::read_bool(bool& value) {
  const std::string_view text = trim(cell_.text);
  if (text == "1" || equals_lower(text, "true")) {
    value = true;
  } else if (text == "0" || equals_lower(text, "false")) {
    value = false;
  } else {
    return fail_expected("true or false");
  }
  return true;
}

bool csv_cell_reader::read_number(decoded_number& number) {
  std::string_view text = trim(cell_.text);
  if (!begins_like_number(text)) return fail_expected("a number");
  if (text.starts_with('+')) text.remove_prefix(1);
  number.text = text;
  if (parse_whole(text, number.int64)) {
    number.kind = value_kind::int64;
    if (number.int64 == 0 && text.starts_with('-')) {
      number.kind = value_kind::real;
      number.real = -0.0;
    }
  } else if (parse_whole(text, number.uint64)) {
    number.kind = value_kind::uint64;
  } else if (parse_whole(text, number.real)) {
    number.kind = value_kind::real;
  } else {
    return fail_expected("a number");
  }
  return true;
}

bool csv_cell_reader::read_text(std::string_view& text) {
  text = cell_.text;
  return true;
}

bool csv_cell_reader::read_bytes(std::string& bytes) {
  bytes.clear();
  return append_from_base64(bytes, cell_.text) || fail_expected("bytes as base64 text");
}

bool csv_cell_reader::begin_list(container_cursor&) {
  return fail(errc::internal, "a list is not a single value");
}
bool csv_cell_reader::begin_map(container_cursor&) {
  return fail(errc::internal, "a map is not a single value");
}
container_step csv_cell_reader::next_element(container_cursor&) {
  return container_step::failed;
}
container_step csv_cell_reader::next_key(container_cursor&, std::string_view&) {
  return container_step::failed;
}
bool csv_cell_reader::skip_value() {
  return true;
}

void csv_cell_writer::write_null() {}
void csv_cell_writer::write_bool(bool value) {
  out_.append(value ? "true" : "false");
}
void csv_cell_writer::write_int64(std::int64_t value) {
  append_number(out_, value);
}
void csv_cell_writer::write_uint64(std::uint64_t value) {
  append_number(out_, value);
}

void csv_cell_writer::write_float(float value) {
  if (const char* name = name_of_special(value)) {
    out_.append(name);
  } else {
    append_number(out_, value);
  }
}

void csv_cell_writer::write_double(double value) {
  if (const char* name = name_of_special(value)) {
    out_.append(name);
  } else {
    append_number(out_, value);
  }
}

void csv_cell_writer::write_string(std::string_view text) {
  const char special[] = {format_.separator, format_.quote, '\n', '\r'};
  const bool plain = text.find_first_of(std::string_view(special, sizeof special)) == std::string_view::npos;
  if (plain && !(text.empty() && nullable_)) {
    out_.append(text);
    return;
  }
  out_.push_back(format_.quote);
  for (;;) {
    const std::size_t quote = text.find(format_.quote);
    out_.append(text.substr(0, quote));
    if (quote == std::string_view::npos) break;
    out_.append(2, format_.quote);
    text.remove_prefix(quote + 1);
  }
  out_.push_back(format_.quote);
}

void csv_cell_writer::write_bytes(const void* bytes, std::size_t size) {
  std::string text;
  append_base64(text, std::string_view(static_cast<const char*>(bytes), size));
  write_string(text);
}

void csv_cell_writer::begin_list(std::size_t) {
  fail(errc::internal, "a list is not a single value");
}
void csv_cell_writer::begin_map(std::size_t) {
  fail(errc::internal, "a map is not a single value");
}
void csv_cell_writer::end_list() {}
void csv_cell_writer::end_map() {}
void csv_cell_writer::write_key(std::string_view) {}
void csv_cell_writer::write_key_int64(std::int64_t) {}
void csv_cell_writer::write_key_uint64(std::uint64_t) {}

}  // namespace sage
