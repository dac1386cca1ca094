/// Where files are named: paths, folders and patterns, and what is there.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/file_system.hpp"

namespace sage::file {

/// What a source reads: one or several of
///
///   a file      "input.txt", also a named pipe
///   a folder    "logs": every file below it; hidden ones and dangling links are left out
///   a pattern   "logs/*.log.gz", "docs/**/*.html": `*`, `?`, `[a-z]` within a name, `**` for any folders, none too
///   "-"         the standard input
///
/// in the given order; the files of a folder or a pattern in the order of their names' bytes.
class paths {
 public:
  paths(const char* one) : list_{one} {}                            // NOLINT: a path is what users write
  paths(std::string one) : list_{std::move(one)} {}                 // NOLINT
  paths(std::string_view one) : list_{std::string(one)} {}          // NOLINT
  paths(std::vector<std::string> many) : list_(std::move(many)) {}  // NOLINT
  paths(std::initializer_list<const char*> many) : list_(many.begin(), many.end()) {}

  [[nodiscard]] const std::vector<std::string>& list() const noexcept { return list_; }

 private:
  std::vector<std::string> list_;
};

/// How much listing is too much: a million files would take minutes to open and fill the plan with splits.
inline constexpr std::size_t files_max = 1'000'000;

struct found_file {
  std::string path;
  file_status status;  ///< regular or stream
};

/// Finds the files. Nothing at a path, in a folder or for a pattern is errc::not_found; more than `files_max` is
/// errc::limit.
[[nodiscard]] result<std::vector<found_file>> find_files(file_system& files, const paths& wanted);

}  // namespace sage::file
