#include "ask/index/string_table.hpp"

#include <functional>
#include <utility>

namespace ask {

namespace {

constexpr std::size_t slots_min = 64;

std::uint32_t hash_of(std::string_view text) noexcept {
  // Only this process sees the hash: the order of insertion decides the numbers, not the hash.
  const auto hash = static_cast<std::uint64_t>(std::hash<std::string_view>{}(text));
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

}  // namespace

/// The slot that holds `text`, or the free one where it belongs. There is always a free one.
std::size_t string_table::slot_of(std::string_view text, std::uint32_t hash) const noexcept {
  const auto mask = slots_.size() - 1;
  for (auto at = hash & mask;; at = (at + 1) & mask) {
    const auto& entry = slots_[at];
    if (entry.number_plus_one == 0) return at;
    if (entry.hash == hash && (*this)[entry.number_plus_one - 1] == text) return at;
  }
}

std::uint32_t string_table::insert(std::string_view text) {
  if (slots_.size() < 2 * (std::size_t{size()} + 1)) grow();
  const auto hash = hash_of(text);
  auto& entry = slots_[slot_of(text, hash)];
  if (entry.number_plus_one != 0) return entry.number_plus_one - 1;
  bytes_.append(text);
  ends_.push_back(bytes_.size());
  entry = {hash, size()};
  return size() - 1;
}

std::uint32_t string_table::find(std::string_view text) const noexcept {
  if (slots_.empty()) return none;
  const auto number = slots_[slot_of(text, hash_of(text))].number_plus_one;
  return number == 0 ? none : number - 1;
}

void string_table::grow() {
  std::vector<slot> wider(slots_.empty() ? slots_min : slots_.size() * 2);
  const auto mask = wider.size() - 1;
  for (const auto& entry : slots_) {
    if (entry.number_plus_one == 0) continue;
    auto at = entry.hash & mask;
    while (wider[at].number_plus_one != 0) at = (at + 1) & mask;
    wider[at] = entry;
  }
  slots_ = std::move(wider);
}

}  // namespace ask
