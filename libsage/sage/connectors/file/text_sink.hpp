/// Sinks that write records as text, however one looks.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sage/connectors/file/output_file.hpp"
#include "sage/operators/sink.hpp"

namespace sage::file {

struct sink_options {
  /// How much is written at once.
  std::size_t buffer_bytes = 256u << 10;
  bool per_instance = false;
  file_system* files = &system_files();
};

/// The name of the file of one instance: "counts.csv" -> "counts-00003.csv".
[[nodiscard]] std::string part_name(const std::string& path, std::size_t instance);

/// The buffer and the file of one instance. Fails with errc::invalid_argument when several instances would write one
/// file.
class text_output {
 public:
  text_output(std::string path, const sink_options& options) : path_(std::move(path)), options_(options) {}

  void open(context& self);
  /// Where records are appended to; `flush_if_full` after each.
  [[nodiscard]] std::string& buffer() noexcept { return buffer_; }
  void flush_if_full() {
    if (buffer_.size() >= options_.buffer_bytes) flush();
  }
  /// After each batch: readers of a stream get what there is.
  void end_batch() {
    if (output_->is_stream()) flush();
  }
  void prepare(bool last);
  void commit() { output_->commit(); }
  /// What a stream has taken can't be taken back.
  [[nodiscard]] sink_guarantee guarantee() const;
  [[nodiscard]] std::string pending() const { return output_->pending(); }
  /// The first line of the file is among what was written.
  void recover(std::string_view pending);
  void abort() noexcept {
    if (output_) output_->abort();
  }

 private:
  void flush();

  std::string path_;
  sink_options options_;
  std::unique_ptr<output_file> output_;
  std::string buffer_;
};

/// Appends the text of one record, with its line end: `void(std::string& out, const T& record)`.
template <class F, class T>
concept text_formatter = std::is_invocable_v<F&, std::string&, const T&>;

/// Writes what the formatter makes of each record. What it has appended before it throws is taken back.
template <class T, class Formatter>
class text_writer final : public sink_writer<T> {
 public:
  text_writer(std::string path, const sink_options& options, Formatter formatter, std::string first_line)
      : output_(std::move(path), options), formatter_(std::move(formatter)), first_line_(std::move(first_line)) {}

  void open(context& self) override {
    output_.open(self);
    output_.buffer() += first_line_;
  }
  void write(batch<T>& records, bool consume) override {
    static_cast<void>(consume);
    std::string& buffer = output_.buffer();
    for (const T& record : records) {
      const std::size_t before = buffer.size();
      try {
        formatter_(buffer, record);
      } catch (...) {
        buffer.resize(before);
        throw;
      }
      output_.flush_if_full();
    }
    output_.end_batch();
  }
  void prepare(std::uint64_t epoch) override { output_.prepare(epoch == 0); }
  // One file is complete or not there at all: checkpoints only keep what is in it so far.
  void commit(std::uint64_t epoch) override {
    if (epoch == 0) output_.commit();
  }
  [[nodiscard]] sink_guarantee guarantee() const override { return output_.guarantee(); }
  [[nodiscard]] std::string pending() const override { return output_.pending(); }
  void recover(std::string_view pending) override { output_.recover(pending); }
  void abort() noexcept override { output_.abort(); }

 private:
  text_output output_;
  Formatter formatter_;
  std::string first_line_;
};

/// What all sinks of text have in common: one file, complete or not there at all.
///
/// Shape       T -> file
/// Emits       to a temporary name beside the target, renamed when the job has succeeded; to a stream ("-", a pipe, a
///             device) after each batch
/// Fails       errc::io with path and advice: no space, no permission, a folder in the way; nothing stays behind
/// Cost        one system call per 256 KiB, one sync at the end
template <class Derived>
class sink_settings {
 public:
  /// Lets every instance write a file of its own: "counts.csv" becomes "counts-00000.csv", "counts-00001.csv" ...
  /// Otherwise the sink runs in one instance. Parts of an earlier run with more instances stay where they are.
  Derived& per_instance() {
    options_.per_instance = true;
    return static_cast<Derived&>(*this);
  }
  /// Writes `bytes` (256 KiB) at once.
  Derived& buffer_bytes(std::size_t bytes) {
    options_.buffer_bytes = bytes;
    return static_cast<Derived&>(*this);
  }
  /// Writes to other files than the machine's own; they outlive the job.
  Derived& to_files(file_system& files) {
    options_.files = &files;
    return static_cast<Derived&>(*this);
  }

  [[nodiscard]] bool single_instance() const noexcept { return !options_.per_instance; }
  [[nodiscard]] static bool blocking() noexcept { return true; }

 protected:
  explicit sink_settings(std::string path) : path_(std::move(path)) {}

  std::string path_;
  sink_options options_;
};

/// The sink of `text_sink`.
template <class T, class Formatter>
class formatted_sink : public sink_settings<formatted_sink<T, Formatter>> {
 public:
  formatted_sink(std::string path, Formatter formatter)
      : sink_settings<formatted_sink>(std::move(path)), formatter_(std::move(formatter)) {}

  static const char* kind() { return "file_text_sink"; }
  [[nodiscard]] std::unique_ptr<sink_writer<T>> make_writer() const {
    return std::make_unique<text_writer<T, Formatter>>(this->path_, this->options_, formatter_, "");
  }

 private:
  Formatter formatter_;
};

/// Writes what `formatter(out, record)` appends, line end included. It is copied once per instance.
template <class T, class Formatter>
requires text_formatter<std::decay_t<Formatter>, T>
[[nodiscard]] formatted_sink<T, std::decay_t<Formatter>> text_sink(std::string path, Formatter&& formatter) {
  return {std::move(path), std::forward<Formatter>(formatter)};
}

}  // namespace sage::file
