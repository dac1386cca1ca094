#include "sage/connectors/file/text_sink.hpp"

#include <algorithm>

namespace sage::file {

std::string part_name(const std::string& path, std::size_t instance) {
  const std::string digits = std::to_string(instance);
  const std::string number = "-" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = path.rfind('.');
  // ".profile" has no extension.
  if (dot == std::string::npos || dot <= name) return path + number;
  return path.substr(0, dot) + number + path.substr(dot);
}

void text_output::open(context& self) {
  if (!options_.per_instance && self.parallelism() > 1) {
    throw error(errc::invalid_argument,
                "one file can't be written by " + std::to_string(self.parallelism()) + " instances", path_,
                "say per_instance() for a file each, or leave parallelism out");
  }
  output_ = std::make_unique<output_file>(*options_.files,
                                          options_.per_instance ? part_name(path_, self.instance()) : path_);
  output_->open(self);
  buffer_.clear();
  // Room for the record that makes it full; a longer one grows it, once.
  buffer_.reserve(options_.buffer_bytes + options_.buffer_bytes / 4);
}

void text_output::flush() {
  if (buffer_.empty()) return;
  output_->write(buffer_);
  buffer_.clear();
}

sink_guarantee text_output::guarantee() const {
  if (path_ == "-") return sink_guarantee::at_least_once;
  const auto there = options_.files->status(path_);
  const bool is_stream = there && there->kind == file_kind::stream;
  return is_stream ? sink_guarantee::at_least_once : sink_guarantee::exactly_once;
}

void text_output::prepare(bool last) {
  flush();
  output_->prepare(last);
}

void text_output::recover(std::string_view pending) {
  if (!pending.empty()) buffer_.clear();
  output_->recover(pending);
}

}  // namespace sage::file
