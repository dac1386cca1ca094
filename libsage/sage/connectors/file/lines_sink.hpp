/// The sink of lines: text and numbers as they are.
#pragma once

#include <charconv>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sage/connectors/file/text_sink.hpp"

namespace sage::file {

/// What is a line by itself: what converts to std::string_view, and numbers.
template <class T>
concept line_record = std::convertible_to<const T&, std::string_view> || std::is_arithmetic_v<T>;

/// Appends one line: text as it is, booleans as true and false, numbers as short as they can be read back.
struct line_formatter {
  template <line_record T>
  void operator()(std::string& out, const T& record) const {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
      out += std::string_view(record);
    } else if constexpr (std::is_same_v<T, bool>) {
      out += record ? "true" : "false";
    } else if constexpr (std::is_same_v<T, char>) {
      out += record;
    } else {
      char digits[64];
      const auto written = std::to_chars(digits, digits + sizeof digits, record);
      out.append(digits, written.ptr);
    }
    out += '\n';
  }
};

/// Takes any stream of text or numbers and writes one line per record.
class lines_sink : public sink_settings<lines_sink> {
 public:
  explicit lines_sink(std::string path) : sink_settings(std::move(path)) {}

  static const char* kind() { return "file_lines_sink"; }

  struct maker {
    const std::string& path;
    const sink_options& options;
    template <line_record T>
    operator std::unique_ptr<sink_writer<T>>() const {  // NOLINT: converts to whatever the stream carries
      return std::make_unique<text_writer<T, line_formatter>>(path, options, line_formatter{}, "");
    }
  };
  [[nodiscard]] maker make_writer() const { return {path_, options_}; }
};

/// The lines go to the standard output, after each batch.
[[nodiscard]] inline lines_sink stdout_lines() {
  return lines_sink("-");
}

}  // namespace sage::file
