/// A file that appears under its name only when it is complete.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sage/base/file_system.hpp"
#include "sage/functions/context.hpp"
#include "sage/model/describe.hpp"

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
  /// Makes what was written so far durable under the temporary name; `last` closes it.
  void prepare(bool last = true);
  void commit();
  /// Where checkpoints are taken, what was prepared stays for whoever takes the job up again.
  void abort() noexcept;
  /// Bytes of what was prepared last, with the names; and back to there. To be called instead of the first write.
  [[nodiscard]] std::string pending() const;
  void recover(std::string_view pending);

  /// Whether what was written may be waited for by somebody right now.
  [[nodiscard]] bool is_stream() const noexcept { return is_stream_; }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }

 private:
  void make_temporary(context& self);
  void make_named_temporary(const std::string& name);

  file_system& files_;
  std::string target_;
  std::string temporary_;  // empty when there is none
  std::unique_ptr<writable_file> file_;
  std::shared_ptr<waker> engine_;
  bool is_stream_ = false;
  std::uint64_t written_ = 0;
  std::uint64_t prepared_ = 0;  // bytes
  bool keeps_name_ = false;     // checkpoints are taken
  bool stays_ = false;          // something was prepared for a checkpoint
  bool is_closed_ = false;      // by the last prepare
  bool is_committed_ = false;   // by a run before this one
};

/// What a checkpoint keeps of a file that is being written.
struct pending_file {
  std::string target;
  std::string temporary;
  std::uint64_t bytes = 0;
  bool complete = false;  ///< nothing will be written behind
};
SAGE_DESCRIBE(pending_file, target, temporary, bytes, complete)

}  // namespace sage::file
