/// Finds what somebody meant to write.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sage::apps {

/// How many characters must be inserted, removed, replaced or swapped with their neighbour to make `b` of `a`. Only
/// the first 64 characters of each are looked at. O(|a| |b|).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name` (the first of equals), when it is near enough to have been meant: at most a third
/// of its characters wrong, but two are always forgiven in a name of four or more.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "did you mean 'input'?", or `otherwise` when nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string> candidates,
                                       std::string_view prefix, std::string otherwise);

}  // namespace sage::apps
