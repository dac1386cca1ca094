/// Small text files of the program itself: configurations and reports.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sage/base/result.hpp"

namespace sage::apps {

/// All of the file at `path`, at most `bytes_max` bytes of it.
[[nodiscard]] result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

/// Puts `text` in the place of the file at `path`: written beside it and renamed, so that no reader sees half of it.
/// A path that is a device or a pipe is written as it is.
[[nodiscard]] result<void> replace_text_file(const std::string& path, std::string_view text);

}  // namespace sage::apps
