/// A file that appears under its name only when it is complete.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sage/base/file_system.hpp"
#include "sage/functions/context.hpp"

namespace sage::file {

/// Written to a temporary name beside the target (".out.txt.sage-0123456789abcdef.tmp"), made durable by `prepare`,
/// renamed by `commit`, removed by `abort`. What is at the target stays as it is until then; a link to a file stays
/// a link. "-" and "/dev/stdout" are the standard output, and what is there but isn't a regular file (a device, a
/// named pipe) is a stream, too: streams are written as it comes and can't be taken back.
///
/// Every member but `abort` throws sage::error: errc::io and errc::not_found with the target's path. For one thread
/// at a time.
class output_file {
 public:
  output_file(file_system& files, std::string target) : files_(files), target_(std::move(target)) {}
  ~output_file() { abort(); }
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;

  /// Makes the temporary file. `self` gives the random part of its name and ends waits for a stream's reader.
  void open(context& self);
  void write(std::string_view bytes);
  void prepare();
  void commit();
  void abort() noexcept;

  /// Whether what was written may be waited for by somebody right now.
  [[nodiscard]] bool is_stream() const noexcept { return is_stream_; }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }

 private:
  void make_temporary(context& self);

  file_system& files_;
  std::string target_;
  std::string temporary_;  // empty when there is none
  std::unique_ptr<writable_file> file_;
  std::shared_ptr<waker> engine_;
  bool is_stream_ = false;
};

}  // namespace sage::file
