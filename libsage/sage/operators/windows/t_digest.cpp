#include "sage/operators/windows/t_digest.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace sage::operators {

namespace {

struct centroid {
  double mean;
  double weight;
};

// The scale k1: how many means lie below the share q of all values.
double scale_of(double q) {
  return t_digest::compression / (2 * std::numbers::pi) * std::asin(2 * q - 1);
}
double share_at(double k) {
  const double angle = std::min(k * 2 * std::numbers::pi / t_digest::compression, std::numbers::pi / 2);
  return (std::sin(angle) + 1) / 2;
}

// All means, those that wait among them, in order.
std::vector<centroid> in_order(const t_digest& digest) {
  std::vector<centroid> all;
  all.reserve(digest.means.size() + digest.waiting.size());
  for (std::size_t i = 0; i < digest.means.size(); ++i) all.push_back({digest.means[i], digest.weights[i]});
  for (const double value : digest.waiting) all.push_back({value, 1});
  std::sort(all.begin(), all.end(), [](const centroid& a, const centroid& b) { return a.mean < b.mean; });
  return all;
}

}  // namespace

void t_digest::note(double value) noexcept {
  if (empty()) {
    least = greatest = value;
  } else {
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }
}

void t_digest::add(double value) {
  if (!std::isfinite(value)) {
    throw error(errc::invalid_argument, "a quantile of a value that is no finite number", "quantile",
                "filter such records out before the window");
  }
  note(value);
  waiting.push_back(value);
  if (waiting.size() >= waiting_max) compress();
}

void t_digest::merge(const t_digest& other) {
  if (other.empty()) return;
  note(other.least);
  means.insert(means.end(), other.means.begin(), other.means.end());
  weights.insert(weights.end(), other.weights.begin(), other.weights.end());
  waiting.insert(waiting.end(), other.waiting.begin(), other.waiting.end());
  note(other.greatest);
  if (waiting.size() >= waiting_max || means.size() > 2 * static_cast<std::size_t>(compression)) compress();
}

void t_digest::compress() {
  const std::vector<centroid> all = in_order(*this);
  const double total =
      std::accumulate(all.begin(), all.end(), 0.0, [](double sum, const centroid& c) { return sum + c.weight; });
  means.clear();
  weights.clear();
  waiting.clear();
  double before = 0;  // weight of the means that are complete
  double limit = share_at(scale_of(0) + 1);
  centroid current = all.front();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const centroid& next = all[i];
    if ((before + current.weight + next.weight) / total <= limit) {
      current.weight += next.weight;
      current.mean += (next.mean - current.mean) * next.weight / current.weight;
      continue;
    }
    means.push_back(current.mean);
    weights.push_back(current.weight);
    before += current.weight;
    limit = share_at(scale_of(before / total) + 1);
    current = next;
  }
  means.push_back(current.mean);
  weights.push_back(current.weight);
}

double t_digest::quantile(double q) const {
  const std::vector<centroid> all = in_order(*this);
  const double total =
      std::accumulate(all.begin(), all.end(), 0.0, [](double sum, const centroid& c) { return sum + c.weight; });
  // Each mean stands for the middle of its values; between two of them, and towards the ends, lies a line.
  const double wanted = q * total;
  double last_at = 0;
  double last_value = least;
  double before = 0;
  for (const centroid& each : all) {
    const double at = before + each.weight / 2;
    if (wanted < at) return last_value + (each.mean - last_value) * (wanted - last_at) / (at - last_at);
    before += each.weight;
    last_at = at;
    last_value = each.mean;
  }
  if (total <= last_at) return greatest;
  return last_value + (greatest - last_value) * (wanted - last_at) / (total - last_at);
}

}  // namespace sage::operators
