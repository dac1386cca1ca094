#include "sensor_alerts/readings.hpp"

#include <algorithm>
#include <utility>

namespace sensor_alerts {

namespace {

constexpr std::int64_t first_ms = 1'700'000'000'000;

// Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014: the same numbers everywhere.
class split_mix {
 public:
  explicit split_mix(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t operator()() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  std::uint64_t below(std::uint64_t bound) noexcept { return (*this)() % bound; }

 private:
  std::uint64_t state_;
};

// One sensor: what it says next.
class sensor {
 public:
  explicit sensor(std::string name, std::uint64_t seed) : name_(std::move(name)), numbers_(seed) {
    at_ms_ = first_ms + static_cast<std::int64_t>(draw(10'000));
  }

  reading next() {
    at_ms_ += 500 + static_cast<std::int64_t>(draw(1500));
    if (draw(300) == 0) at_ms_ += 60'000 + static_cast<std::int64_t>(draw(240'000));
    if (draw(200) == 0) hot_left_ = 2 + draw(8);
    // Tenths, so that what is written is what was meant.
    tenths_ = std::clamp<std::int64_t>(tenths_ + static_cast<std::int64_t>(draw(21)) - 10, 150, 400);
    std::int64_t shown = tenths_;
    if (hot_left_ > 0) {
      --hot_left_;
      shown += 500;
    } else if (draw(150) == 0) {
      shown = shown * 2 + 50;
    }
    return {name_, at_ms_, static_cast<double>(shown) / 10};
  }

 private:
  std::uint64_t draw(std::uint64_t below) { return numbers_.below(below); }

  std::string name_;
  split_mix numbers_;
  std::int64_t at_ms_ = 0;
  std::int64_t tenths_ = 220;
  std::uint64_t hot_left_ = 0;
};

}  // namespace

std::vector<reading> readings_of(std::uint64_t count, std::uint32_t sensors, std::uint64_t seed) {
  split_mix numbers(seed);
  std::vector<std::pair<std::int64_t, reading>> all;  // with the time at which it comes in
  for (std::uint32_t i = 0; i < sensors; ++i) {
    sensor one("sensor-" + std::to_string(i + 1), numbers());
    const std::uint64_t its = count / sensors + (i < count % sensors ? 1 : 0);
    for (std::uint64_t k = 0; k < its; ++k) {
      reading said = one.next();
      const auto late = static_cast<std::int64_t>(numbers.below(static_cast<std::uint64_t>(disorder_ms)));
      all.emplace_back(said.at_ms + late, std::move(said));
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<reading> readings;
  readings.reserve(all.size());
  for (auto& [came, one] : all) readings.push_back(std::move(one));
  return readings;
}

}  // namespace sensor_alerts
