#include "ask/index/vector_table.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "ask/limits.hpp"
#include "sage/base/error.hpp"

namespace ask {

namespace {

sage::error refused(std::string why, std::string_view where) {
  return {sage::errc::parse, std::move(why), std::string(where), "check the embedding model"};
}

}  // namespace

std::vector<float> scaled_to_one(std::span<const float> vector, std::string_view where) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * double{value};
  const double length = std::sqrt(squares);
  if (!std::isfinite(length) || length <= 0) throw refused("the vector of a text has no direction", where);
  std::vector<float> scaled;
  scaled.reserve(vector.size());
  for (const float value : vector) scaled.push_back(static_cast<float>(value / length));
  return scaled;
}

void vector_table::add(std::span<const float> vector, std::string_view path) {
  if (vector.size() != dimensions_ || vector.size() > limits::dimensions_max) {
    throw refused("a vector of " + std::to_string(vector.size()) + " numbers among those of " +
                      std::to_string(dimensions_) + " (at most " + std::to_string(limits::dimensions_max) + ")",
                  path);
  }
  const auto scaled = scaled_to_one(vector, path);
  numbers_.insert(numbers_.end(), scaled.begin(), scaled.end());
}

void vector_table::add(std::span<const std::vector<float>> vectors, std::uint32_t number, std::string_view path) {
  if (vectors.empty() && empty()) return;
  if (vectors.empty() || number != passages()) throw refused("some texts have vectors, others have none", path);
  if (empty()) dimensions_ = static_cast<std::uint32_t>(vectors.front().size());
  for (const auto& one : vectors) add(std::span<const float>(one), path);
  owners_.insert(owners_.end(), vectors.size(), number);
}

void vector_table::append(vector_table&& other) {
  if (empty() && other.empty()) return;
  if (empty() || other.empty()) throw refused("some texts have vectors, others have none", "merge");
  if (other.dimensions_ != dimensions_) throw refused("vectors of several lengths", "merge");
  numbers_.insert(numbers_.end(), other.numbers_.begin(), other.numbers_.end());
  const auto before = passages();
  for (const auto owner : other.owners_) owners_.push_back(before + owner);
  other = {};
}

}  // namespace ask
