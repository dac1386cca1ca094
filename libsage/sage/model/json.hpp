/// Records as JSON and back: `to_json(click)`, `from_json<click>(text)`.
///
/// Fields by name in the order of the description; unknown ones are skipped, missing ones keep their default, a
/// field or key that is there twice is an error. How each type looks is in docs/guide/records.md.
#pragma once

#include <string>
#include <string_view>

#include "sage/base/result.hpp"
#include "sage/model/decode_limits.hpp"
#include "sage/model/decode_problem.hpp"
#include "sage/model/json_writer.hpp"
#include "sage/model/value_codec.hpp"

namespace sage {

namespace codecs {
void append_json(std::string& out, const void* value, write_function write, json_form form);
[[nodiscard]] bool decode_json(std::string_view text, void* value, read_function read, decode_problem& problem,
                               const decode_limits& limits, decode_mode mode);
}  // namespace codecs

/// Appends `value` as one line of JSON without a line end. Secrets are left out. Throws errc::invalid_argument,
/// with `out` as it was, for text that is not UTF-8.
template <encodable T>
void append_json(std::string& out, const T& value) {
  codecs::append_json(out, &value, &codecs::write_erased<T>, json_form::transport);
}

/// `value` as one line of JSON; as `append_json`.
template <encodable T>
[[nodiscard]] std::string to_json(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

/// `value` for people: secrets are `"***"`, bytes that are not UTF-8 are U+FFFD. Not to be read again.
template <encodable T>
[[nodiscard]] std::string to_shown_json(const T& value) {
  std::string out;
  codecs::append_json(out, &value, &codecs::write_erased<T>, json_form::shown);
  return out;
}

/// Reads `text` into `value`, which holds defaults for what is missing. False fills `problem` and leaves `value`
/// half read. The form for loops over many lines: `problem.to_error(file, line - 1)` then says where. O(bytes).
template <encodable T>
[[nodiscard]] bool decode_json(std::string_view text, T& value, decode_problem& problem,
                               const decode_limits& limits = {}, decode_mode mode = decode_mode::tolerant) {
  return codecs::decode_json(text, &value, &codecs::read_erased<T>, problem, limits, mode);
}

/// The value that `text` is, or an error with line, column and the path to the field.
template <encodable T>
[[nodiscard]] result<T> from_json(std::string_view text, const decode_limits& limits = {},
                                  decode_mode mode = decode_mode::tolerant) {
  T value{};
  decode_problem problem;
  if (!decode_json(text, value, problem, limits, mode)) return problem.to_error();
  return value;
}

}  // namespace sage
