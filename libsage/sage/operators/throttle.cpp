#include "sage/operators/throttle.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"

namespace sage::operators {

throttle_operator::throttle_operator(double per_second, std::uint64_t burst) {
  if (!(per_second > 0) || !std::isfinite(per_second) || burst == 0) {
    throw error(errc::invalid_argument, "a throttle that lets nothing pass", "throttle",
                "give it a rate above 0 records per second, and a burst of 1 or more");
  }
  interval_ns_ = 1e9 / per_second;
  burst_ns_ = interval_ns_ * static_cast<double>(burst - 1);
}

flow throttle_operator::on_batch(batch_ref records, output& out) {
  input_ = std::move(records);
  next_ = 0;
  return resume(out);
}

flow throttle_operator::resume(output& out) {
  retry_at_.reset();
  if (!input_) return flow::done;
  const auto now = static_cast<double>(self_->time().now());
  due_ = std::max(due_, now - burst_ns_);
  const std::size_t left = input_->size() - next_;
  const double may_go = std::floor((now - due_) / interval_ns_) + 1;
  const std::size_t count = due_ > now                            ? 0
                            : may_go >= static_cast<double>(left) ? left
                                                                  : static_cast<std::size_t>(may_go);
  due_ += interval_ns_ * static_cast<double>(count);
  fate_.passed += count;
  if (count == input_->size()) {
    out.emit(main_port, std::exchange(input_, {}));
    return flow::done;
  }
  bool ready = true;
  if (count > 0) {
    std::vector<std::uint32_t> positions(count);
    for (std::uint32_t& position : positions) position = static_cast<std::uint32_t>(next_++);
    batch_ref chosen = batch_base::make(self_->pool(), input_->type(), count);
    chosen->header = input_->header;
    append_selected(*input_, positions.data(), count, *chosen);
    ready = out.emit(main_port, std::move(chosen));
  }
  if (next_ == input_->size()) {
    input_.reset();
    return flow::done;
  }
  if (ready) retry_at_ = static_cast<nanoseconds>(std::ceil(due_));
  return flow::suspended;
}

delay_operator::delay_operator(nanoseconds by, std::uint64_t records_max) : by_(by), records_max_(records_max) {
  if (by > 0 && records_max > 0) return;
  throw error(errc::invalid_argument, "a delay of nothing", "delay", "give it a time above 0, and room for records");
}

flow delay_operator::on_batch(batch_ref records, output& out) {
  records_ += records->size();
  held_.push_back({std::move(records), self_->time().now() + by_, input_watermark()});
  return let_go(out);
}

flow delay_operator::let_go(output& out) {
  retry_at_.reset();
  while (!held_.empty() && held_.front().due <= self_->time().now()) {
    batch_ref records = std::move(held_.front().records);
    held_.pop_front();
    records_ -= records->size();
    fate_.passed += records->size();
    if (!out.emit(main_port, std::move(records)) && !held_.empty()) return flow::suspended;
  }
  if (records_ <= records_max_ && (!ending_ || held_.empty())) return flow::done;
  retry_at_ = held_.front().due;
  return flow::suspended;
}

flow delay_operator::on_end(output& out) {
  ending_ = true;
  return let_go(out);
}

event_time delay_operator::watermark() const noexcept {
  return held_.empty() ? input_watermark() : held_.front().before;
}

bool delay_operator::has_news() const noexcept {
  return !held_.empty() && held_.front().due <= self_->time().now();
}

std::optional<nanoseconds> delay_operator::wake_at() const noexcept {
  if (held_.empty()) return std::nullopt;
  return held_.front().due;
}

}  // namespace sage::operators
