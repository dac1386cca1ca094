/// JSON Lines: a source and a sink of described records, or of dynamic values.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sage/connectors/file/decoding_reader.hpp"
#include "sage/connectors/file/text_sink.hpp"
#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"

namespace sage::file {

/// Reads one line of JSON as a `T`: a function for `map`, so that the operator's `on_error` decides about lines that
/// aren't what they should be.
///
///   env.from_source(file::lines("a.jsonl")).map(file::json_decoder<click>{}).on_error(sage::dead_letters)
template <encodable T>
struct json_decoder {
  T operator()(std::string_view line) const { return from_json<T>(line).value(); }
};

/// The decoder of json_line_source.
template <encodable T>
struct json_line_decoder : line_finder {
  explicit json_line_decoder(decode_mode mode) noexcept : mode_(mode) {}
  void begin_split(const text_options&, context&, const split&, std::uint64_t) const noexcept {}
  [[nodiscard]] decoded decode(std::string_view text, T& value, decode_problem& problem) const {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return decoded::none;
    // Without its line end, so that what breaks off is found on its own line.
    if (text.back() == '\n') text.remove_suffix(1);
    return decode_json(text, value, problem, {}, mode_) ? decoded::yes : decoded::no;
  }
  [[nodiscard]] static std::uint64_t lines_beyond(std::string_view) noexcept { return 0; }

 private:
  decode_mode mode_;
};

/// Reads files with one JSON value per line. Blank lines are no records. Unknown fields are skipped, missing ones
/// keep their default, unless `all_fields()` is said.
///
/// Shape       files -> T
/// Emits       the records of each split in order
/// Drops       rows that can't be decoded, under on_bad_row(sage::drop), counted
/// Fails       as `lines`; errc::parse with file, line, column and the path to the field
/// Units       splits and positions in bytes of the content
template <encodable T>
class json_line_source : public decoding_settings<json_line_source<T>> {
 public:
  using record_type = T;
  explicit json_line_source(paths wanted) : paths_(std::move(wanted)) {}

  /// A record that lacks a field of `T` is a bad row, unless that field is optional.
  json_line_source& all_fields() {
    mode_ = decode_mode::complete;
    return *this;
  }

  static const char* kind() { return "file_json_lines"; }
  [[nodiscard]] source_plan plan() const { return plan_text(paths_, this->options_); }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const {
    return std::make_unique<decoding_reader<T, json_line_decoder<T>>>(this->options_, mode_);
  }

 private:
  paths paths_;
  decode_mode mode_ = decode_mode::tolerant;
};

/// `env.from_source(sage::file::json_lines<click>("clicks.jsonl"))`; without a type, dynamic values.
template <encodable T = dynamic_value>
[[nodiscard]] json_line_source<T> json_lines(paths wanted) {
  return json_line_source<T>(std::move(wanted));
}

template <encodable T>
struct json_line_formatter {
  void operator()(std::string& out, const T& record) const {
    append_json(out, record);
    out += '\n';
  }
};

/// Writes each record as one line of JSON.
template <encodable T>
class json_line_sink : public sink_settings<json_line_sink<T>> {
 public:
  explicit json_line_sink(std::string path) : sink_settings<json_line_sink>(std::move(path)) {}
  static const char* kind() { return "file_json_lines_sink"; }
  [[nodiscard]] std::unique_ptr<sink_writer<T>> make_writer() const {
    return std::make_unique<text_writer<T, json_line_formatter<T>>>(this->path_, this->options_,
                                                                    json_line_formatter<T>{}, "");
  }
};

template <encodable T>
[[nodiscard]] json_line_sink<T> json_lines_sink(std::string path) {
  return json_line_sink<T>(std::move(path));
}
template <encodable T>
[[nodiscard]] json_line_sink<T> stdout_json_lines() {
  return json_line_sink<T>("-");
}

}  // namespace sage::file
