/// What commands on directories have in common: their outcome, and how their tables look.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sage::apps {

/// What a command prints, and whether all is well: exit code 0 or 1.
struct command_outcome {
  std::string text;
  bool good = true;
};

/// `2026-11-27T14:05:00Z`, of milliseconds since the Unix epoch.
[[nodiscard]] std::string utc_text(std::int64_t ms);
/// The text, filled up to `width`; at least one blank behind it.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
/// The number from 1 on that `text` is; throws errc::configuration, naming `what`.
[[nodiscard]] std::uint64_t number_from_one(const std::string& text, const std::string& what,
                                            const std::string& usage);
/// Throws errc::not_found, and errc::invalid_argument for what is no directory; `what` would be in it.
void require_directory(const std::string& path, const std::string& what);

}  // namespace sage::apps
