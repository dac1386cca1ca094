/// The port to what the system grants this process.
#pragma once

#include <cstdint>
#include <optional>

namespace sage::apps {

/// How many files may be open at once; nothing when there is no limit.
[[nodiscard]] std::optional<std::uint64_t> open_files_max() noexcept;
[[nodiscard]] std::int64_t process_id() noexcept;

}  // namespace sage::apps
