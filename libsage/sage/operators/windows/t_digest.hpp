/// Quantiles of a window in little memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/model/describe.hpp"
#include "sage/operators/windows/window_aggregates.hpp"

namespace sage::operators {

/// A sketch of a distribution: means of neighbouring values with their weights, small at both ends and larger in the
/// middle. Two of them merge into one. Values that aren't numbers are no values: add throws errc::invalid_argument.
///
/// Shape   of n values at most 200 means and 512 values that wait: 7 KiB
/// Cost    O(1) amortised per value (a sort of 512 per 512), O(means) per merge and question
/// Errors  of a quantile q in share of values, about q (1 - q) / 50; exact up to 512 values
/// Source  Dunning, Ertl, "Computing extremely accurate quantiles using t-digests", 2019 (merging digest, scale k1)
struct t_digest {
  std::vector<double> means{};
  std::vector<double> weights{};
  std::vector<double> waiting{};  ///< values that aren't among the means yet
  double least = 0;               ///< of all, once there is one
  double greatest = 0;

  void add(double value);
  void merge(const t_digest& other);
  /// The value below which a share `q` lies. Precondition: it isn't empty.
  [[nodiscard]] double quantile(double q) const;
  [[nodiscard]] bool empty() const noexcept { return means.empty() && waiting.empty(); }

  static constexpr std::size_t waiting_max = 512;
  static constexpr double compression = 100;

 private:
  void note(double value) noexcept;
  void compress();
};
SAGE_DESCRIBE(t_digest, means, weights, waiting, least, greatest)

/// One quantile of what `extract` returns.
template <class Extract, class T>
struct quantile_of : window_aggregate<quantile_of<Extract, T>> {
  using accumulator = t_digest;
  Extract extract;
  double q;
  quantile_of(Extract e, double wanted) : extract(std::move(e)), q(wanted) {
    if (!(q >= 0 && q <= 1)) {
      throw error(errc::invalid_argument, "a quantile of " + std::to_string(q), "quantile",
                  "use a share between 0 and 1: 0.99");
    }
  }
  void add(accumulator& acc, const T& record) const { acc.add(static_cast<double>(std::invoke(extract, record))); }
  void merge(accumulator& acc, const accumulator& newer) const { acc.merge(newer); }
  double value(const accumulator& acc) const { return acc.quantile(q); }
};

}  // namespace sage::operators
