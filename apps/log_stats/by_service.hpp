/// Puts the rows of all instances into one order.
#pragma once

#include <vector>

#include <sage/sage.hpp>

#include "log_stats/service_stats.hpp"

namespace log_stats {

/// Gathers rows and hands them on ordered by the bytes of their service's name: an operator of our own, put into the
/// stream with `transform`. Runs in one instance.
///
/// Shape       service_stats -> service_stats; 1 -> 1
/// Emits       at the end of the input
/// Holds back  everything until then; memory O(services)
/// Completes   after end of input
/// Cost        O(n log n) comparisons
class by_service final : public sage::operators::operator_base {
 public:
  using input_type = service_stats;
  using output_type = service_stats;

  void open(sage::context& self) override { self_ = &self; }
  sage::operators::flow on_batch(sage::batch_ref records, sage::operators::output& out) override;
  sage::operators::flow on_end(sage::operators::output& out) override;
  sage::operators::flow resume(sage::operators::output& out) override;

 private:
  sage::context* self_ = nullptr;
  std::vector<service_stats> rows_;
  std::size_t emitted_ = 0;
};

}  // namespace log_stats
