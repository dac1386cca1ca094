#include "log_stats/by_service.hpp"

#include <algorithm>
#include <utility>

namespace log_stats {

using sage::operators::flow;

flow by_service::on_batch(sage::batch_ref records, sage::operators::output& out) {
  static_cast<void>(out);
  const bool only_owner = records->unique();
  for (service_stats& row : static_cast<sage::batch<service_stats>&>(*records)) {
    if (only_owner) {
      rows_.push_back(std::move(row));
    } else {
      rows_.push_back(std::as_const(row));
    }
    ++fate_.passed;
  }
  return flow::done;
}

flow by_service::on_end(sage::operators::output& out) {
  std::sort(rows_.begin(), rows_.end(),
            [](const service_stats& a, const service_stats& b) { return a.service < b.service; });
  return resume(out);
}

flow by_service::resume(sage::operators::output& out) {
  while (emitted_ < rows_.size()) {
    const std::size_t count = std::min(self_->batch_size(), rows_.size() - emitted_);
    auto made = sage::batch<service_stats>::make(self_->pool(), count);
    for (std::size_t i = 0; i < count; ++i) made->emplace_back(std::move(rows_[emitted_++]));
    if (!out.emit(sage::operators::main_port, sage::erase(std::move(made)))) return flow::suspended;
  }
  return flow::done;
}

}  // namespace log_stats
