/// The source of lines of text: as strings of their own, or as views into what was read.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "sage/connectors/file/text_options.hpp"
#include "sage/model/byte_block.hpp"

namespace sage::file {

[[nodiscard]] std::unique_ptr<source_reader<std::string>> make_string_reader(const text_options& options);
[[nodiscard]] std::unique_ptr<source_reader<slice>> make_slice_reader(const text_options& options);

/// Reads files line by line, without the line ends.
///
/// A line ends with "\n"; the last one of a file needs no end, and an empty file has none. Other bytes are kept as
/// they are, a carriage return too unless `strip_carriage_return()`. Files that begin like gzip are unpacked on the
/// way.
///
/// Shape       files -> std::string or sage::slice
/// Emits       the lines of each split in order; splits side by side when there are several instances
/// Fails       errc::not_found, errc::io; errc::limit for a line that is too long; errc::parse for a broken gzip and
///             for a NUL byte in the first 8 KiB; each with file and line
/// Units       splits and positions in bytes of the content
/// Cost        one look at every byte; strings: one allocation for each line of more than 15 bytes
template <class Record>
class line_source : public text_settings<line_source<Record>> {
 public:
  using record_type = Record;
  explicit line_source(paths wanted) : paths_(std::move(wanted)) {}

  /// Leaves out a carriage return before the line end.
  line_source& strip_carriage_return() {
    this->options_.strip_carriage_return = true;
    return *this;
  }

  static const char* kind() { return "file_lines"; }
  [[nodiscard]] source_plan plan() const { return plan_text(paths_, this->options_); }
  [[nodiscard]] std::unique_ptr<source_reader<Record>> make_reader() const {
    if constexpr (std::is_same_v<Record, slice>) {
      return make_slice_reader(this->options_);
    } else {
      return make_string_reader(this->options_);
    }
  }

 private:
  paths paths_;
};

/// Lines as strings of their own: `env.from_source(sage::file::lines("input.txt"))`.
[[nodiscard]] inline line_source<std::string> lines(paths wanted) {
  return line_source<std::string>(std::move(wanted));
}

/// Lines as views that live as long as their batch: the fast way for what is looked at and let go. A function that
/// keeps one makes a std::string of it.
[[nodiscard]] inline line_source<slice> slices(paths wanted) {
  return line_source<slice>(std::move(wanted));
}

/// The lines of the standard input, as soon as they are there.
[[nodiscard]] inline line_source<std::string> stdin_lines() {
  return lines("-");
}

}  // namespace sage::file
