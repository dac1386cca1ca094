#include "sage/app/nearest_name.hpp"

#include <algorithm>
#include <array>

namespace sage::apps {

namespace {

constexpr std::size_t characters_max = 64;

}  // namespace

// Source: the restricted distance of Damerau (1964), with three rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, characters_max);
  b = b.substr(0, characters_max);
  std::array<std::array<std::size_t, characters_max + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i - 1) % 3];
    const auto& above_that = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], above_that[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t least = ~std::size_t{0};
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    const std::size_t forgiven = std::max<std::size_t>(candidate.size() / 3, candidate.size() >= 4 ? 2 : 1);
    if (distance > forgiven || distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates, std::string_view prefix,
                         std::string otherwise) {
  const auto best = nearest_name(name, candidates);
  if (!best) return otherwise;
  return "did you mean '" + std::string(prefix) + *best + "'?";
}

}  // namespace sage::apps
