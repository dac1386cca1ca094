/// Reads the content of one file or stream: as it is, or unpacked when it begins like gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sage/base/file_system.hpp"
#include "sage/connectors/file/gzip_decoder.hpp"

namespace sage::file {

/// One pass over a file from an offset to its end. Offsets are those of the content, unpacked. For one thread at a
/// time. Every member throws sage::error, which names the file.
class content_reader {
 public:
  /// Opens `path` ("-" is the standard input) and goes to `offset`; the offset 0 for streams.
  content_reader(file_system& files, const std::string& path, std::uint64_t offset);

  /// Fills `into` with up to `room` bytes. 0 means that this read has brought nothing, not yet that the content has
  /// ended. Reads the file at most once, except for the first bytes.
  std::size_t read(char* into, std::size_t room);
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }

  /// Whether a read would not block: waits up to `wait_ms` milliseconds (-1: for ever), or until `stop_descriptor` is
  /// readable. Always true for regular files.
  [[nodiscard]] bool wait(int stop_descriptor, int wait_ms);

  [[nodiscard]] bool is_gzip() const noexcept { return decoder_ != nullptr; }
  /// Whether it is a pipe, a terminal or a device, so that there may be a long time between two reads.
  [[nodiscard]] bool is_stream() const noexcept { return is_stream_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::size_t read_packed(char* into, std::size_t room);
  bool look_at_beginning();
  void skip(std::uint64_t bytes);

  std::string name_;
  std::unique_ptr<readable_file> file_;
  bool is_stream_;
  bool ended_ = false;
  bool file_ended_ = false;
  bool begun_ = false;  // whether it is known what the content begins with
  std::unique_ptr<gzip_decoder> decoder_;
  std::unique_ptr<char[]> buffer_;  // of packed bytes, or of the first ones
  std::string_view waiting_;        // in buffer_
};

/// Whether the regular file at `path` begins like gzip; also proves that it can be read.
[[nodiscard]] bool begins_like_gzip(file_system& files, const std::string& path);

}  // namespace sage::file
