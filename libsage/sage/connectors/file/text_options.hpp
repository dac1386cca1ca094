/// How files of text are read, whatever the records in them are.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/base/file_system.hpp"
#include "sage/connectors/file/paths.hpp"
#include "sage/functions/error_policy.hpp"
#include "sage/operators/source.hpp"

namespace sage::file {

struct text_options {
  /// A file is cut into ranges of about this size, all of the same. Small enough that two readers of one file of a
  /// few hundred megabytes end at about the same time, big enough that opening it again isn't seen.
  std::uint64_t split_bytes = 16u << 20;
  /// A longer line ends the job: one that isn't a line at all would fill the memory.
  std::uint64_t line_bytes_max = 16u << 20;
  /// How much is read at once. Stays in the second-level cache from the read to the last look at it.
  std::size_t block_bytes = 256u << 10;
  bool strip_carriage_return = false;
  bool allow_binary = false;
  bool records_span_lines = false;  ///< so that files can't be cut at line ends
  error_policy on_bad_row = fail;   ///< fail or drop
  std::string bad_row_advice = {};
  bool skip_byte_order_mark = false;  ///< of UTF-8, at the beginning of a file
  file_system* files = &system_files();
};

/// The options as every source of text offers them, to be chained: `file::lines("in.txt").split_bytes(1 << 20)`.
template <class Derived>
class text_settings {
 public:
  /// Cuts files into ranges of about `bytes` (16 MiB), each read by itself; a line belongs to the range that its
  /// first byte is in. Packed files, pipes and formats in which a record may span lines are one range.
  Derived& split_bytes(std::uint64_t bytes) {
    require(bytes > 0, "split_bytes(0) would never get on");
    options_.split_bytes = bytes;
    return self();
  }
  /// A line of more than `bytes` (16 MiB) is an error, errc::limit, instead of memory.
  Derived& line_bytes_max(std::uint64_t bytes) {
    require(bytes > 0, "line_bytes_max(0) would allow no line");
    options_.line_bytes_max = bytes;
    return self();
  }
  /// Reads `bytes` (256 KiB) at once.
  Derived& block_bytes(std::size_t bytes) {
    require(bytes > 0, "block_bytes(0) would read nothing");
    options_.block_bytes = bytes;
    return self();
  }
  /// Takes a NUL byte in the first 8 KiB of a file for text, too.
  Derived& allow_binary() {
    options_.allow_binary = true;
    return self();
  }
  /// Reads from other files than the machine's own; they outlive the job.
  Derived& from_files(file_system& files) {
    options_.files = &files;
    return self();
  }

 protected:
  text_settings() = default;
  static void require(bool met, const char* message) {
    if (!met) throw error(errc::invalid_argument, message, "file source", "use 1 or more");
  }

  text_options options_;

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

/// Finds the files and cuts them into splits. Opens every file once, to know whether it can be read and whether it
/// is packed. Throws errc::not_found, errc::io.
[[nodiscard]] source_plan plan_text(const paths& wanted, const text_options& options);

}  // namespace sage::file
