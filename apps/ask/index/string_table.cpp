#include "ask/index/string_table.hpp"

#include <functional>

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
  for (auto slot = hash & mask;; slot = (slot + 1) & mask) {
    const auto entry = slots_[slot];
    if (entry == 0 || (hashes_[entry - 1] == hash && (*this)[entry - 1] == text)) return slot;
  }
}

std::uint32_t string_table::insert(std::string_view text) {
  if (slots_.size() < 2 * (hashes_.size() + 1)) grow();
  const auto hash = hash_of(text);
  const auto slot = slot_of(text, hash);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  bytes_.append(text);
  ends_.push_back(bytes_.size());
  hashes_.push_back(hash);
  slots_[slot] = size();
  return size() - 1;
}

std::uint32_t string_table::find(std::string_view text) const noexcept {
  if (slots_.empty()) return none;
  const auto entry = slots_[slot_of(text, hash_of(text))];
  return entry == 0 ? none : entry - 1;
}

void string_table::grow() {
  std::vector<std::uint32_t> wider(slots_.empty() ? slots_min : slots_.size() * 2);
  const auto mask = wider.size() - 1;
  for (std::uint32_t id = 0; id < size(); ++id) {
    auto slot = hashes_[id] & mask;
    while (wider[slot] != 0) slot = (slot + 1) & mask;
    wider[slot] = id + 1;
  }
  slots_ = std::move(wider);
}

}  // namespace ask
