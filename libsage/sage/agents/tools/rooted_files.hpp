/// Files below one folder, however their names are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sage/base/result.hpp"

namespace sage::tools {

/// What was read of a file.
struct file_part {
  std::string bytes;
  std::uint64_t size = 0;  ///< of the whole file
};

/// Opens the root once; every path is then walked from it, one folder at a time, following no link: nothing that is
/// renamed or linked meanwhile leads out of it. Thread-safe.
class rooted_files {
 public:
  /// errc::not_found or errc::io when `root` is no folder that can be opened.
  [[nodiscard]] static result<rooted_files> open_root(const std::string& root);
  ~rooted_files();
  rooted_files(rooted_files&& other) noexcept;
  rooted_files& operator=(rooted_files&&) = delete;

  /// Up to `bytes_max` bytes of the regular file at `path`, from `offset` on. Refused with errc::invalid_argument:
  /// absolute paths, "..", hidden files, links, folders, devices, pipes, sockets.
  [[nodiscard]] result<file_part> read(std::string_view path, std::uint64_t offset, std::size_t bytes_max) const;

 private:
  explicit rooted_files(int root) noexcept : root_(root) {}
  int root_;
};

}  // namespace sage::tools
