#include "sage/operators/loop_head.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/operators/item_ends.hpp"

namespace sage::operators {

loop_head::loop_head(const feedback_options& options, bool has_exhausted)
    : options_(options), has_exhausted_(has_exhausted) {
  if (options_.inside_max == 0) options_.inside_max = 16 * options_.max_in_flight;
}

void loop_head::open(context& self) {
  self_ = &self;
  SAGE_ASSERT(self.loop());
  self.loop()->set_head(self.engine());
}

void loop_head::close() {
  waiting_.reset();
  if (self_ && self_->loop()) self_->loop()->set_head(nullptr);
}

std::uint32_t loop_head::now_ms() const noexcept {
  return static_cast<std::uint32_t>(self_->time().now() / 1'000'000);
}

flow loop_head::on_batch(batch_ref records, output& out) {
  waiting_ = std::move(records);
  admitted_ = 0;
  return admit(out);
}

flow loop_head::admit(output& out) {
  loop_gauge& gauge = *self_->loop();
  const auto limit = static_cast<std::int64_t>(options_.max_in_flight);
  std::int64_t room = limit - gauge.inside();
  if (room <= 0) {
    // Whoever makes room from now on wakes us; what was made since is seen by looking again.
    gauge.wake_at(limit - 1);
    room = limit - gauge.inside();
    if (room <= 0) return flow::suspended;
  }
  gauge.wake_no_more();
  const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(room), waiting_->size() - admitted_);
  batch_ref let_in;
  if (count == waiting_->size() && waiting_->unique()) {
    let_in = std::move(waiting_);
  } else {
    std::vector<std::uint32_t> positions(count);
    std::iota(positions.begin(), positions.end(), static_cast<std::uint32_t>(admitted_));
    let_in = batch_base::make(self_->pool(), waiting_->type(), count);
    let_in->header = waiting_->header;
    append_selected(*waiting_, positions.data(), count, *let_in);
    admitted_ += count;
    if (admitted_ == waiting_->size()) waiting_.reset();
  }
  std::fill_n(let_in->add_laps(), let_in->size(), loop_mark{0, now_ms()});
  fate_.passed += count;
  out.emit(main_port, std::move(let_in));
  // The instance counts what was let in when this call has returned; so the room left is known only then.
  return waiting_ ? flow::suspended : flow::done;
}

// The outer input's end is not the end of time behind the loop: records still go round.
flow loop_head::on_watermark(event_time time, output& out) {
  static_cast<void>(out);
  if (time != end_of_time) watermark_ = time;
  return flow::done;
}

flow loop_head::on_end(output& out) {
  static_cast<void>(out);
  watermark_ = end_of_time;
  return flow::done;
}

flow loop_head::on_feedback(batch_ref records, output& out) {
  if (!records->unique()) {
    std::vector<std::uint32_t> all(records->size());
    std::iota(all.begin(), all.end(), 0u);
    records = select(records, all.data(), all.size());
  }
  loop_mark* const laps = records->add_laps();
  const std::size_t size = records->size();
  for (std::size_t i = 0; i < size; ++i) ++laps[i].iterations;
  std::string limit;
  if (self_->loop()->inside() > static_cast<std::int64_t>(options_.inside_max)) {
    limit = std::to_string(self_->loop()->inside()) + " records are inside (inside_max " +
            std::to_string(options_.inside_max) + ")";
    give_up(std::move(records), limit, out);
    return flow::done;
  }
  kept_.clear();
  exhausted_.clear();
  if (options_.iterations_max > 0 || options_.age_max.count() > 0) limit = find_exhausted(laps, size);
  if (exhausted_.empty()) {
    fate_.passed += size;
    out.emit(main_port, std::move(records));
    return flow::done;
  }
  batch_ref out_of_it = batch_base::make(self_->pool(), records->type(), exhausted_.size());
  out_of_it->header = records->header;
  append_selected(*records, exhausted_.data(), exhausted_.size(), *out_of_it);
  if (!kept_.empty()) {
    fate_.passed += kept_.size();
    out.emit(main_port, select(records, kept_.data(), kept_.size()));
  }
  give_up(std::move(out_of_it), limit, out);
  return flow::done;
}

// Parts those that have reached a limit of their own from the others; returns what the first one's is.
std::string loop_head::find_exhausted(const loop_mark* laps, std::size_t size) {
  std::string limit;
  const std::uint32_t now = now_ms();
  const auto old = static_cast<std::uint32_t>(options_.age_max.count());
  for (std::size_t i = 0; i < size; ++i) {
    const bool too_often = options_.iterations_max > 0 && laps[i].iterations > options_.iterations_max;
    const std::uint32_t age = now - laps[i].entered_ms;
    if (!too_often && (old == 0 || age <= old)) {
      kept_.push_back(static_cast<std::uint32_t>(i));
      continue;
    }
    exhausted_.push_back(static_cast<std::uint32_t>(i));
    if (!limit.empty()) continue;
    limit = too_often ? "a record has come back " + std::to_string(laps[i].iterations) + " times (iterations_max " +
                            std::to_string(options_.iterations_max) + ")"
                      : "a record has been inside for " + std::to_string(age) + " ms (age_max " +
                            std::to_string(old) + " ms)";
  }
  return limit;
}

void loop_head::give_up(batch_ref records, const std::string& limit, output& out) {
  const std::size_t count = records->size();
  if (has_exhausted_) {
    fate_.passed += count;
    out.emit(exhausted_port, std::move(records));
  } else if (options_.on_limit == loop_limit::drop) {
    fate_.dropped += count;
    end_items(*records, 0, count, item_end_reason::dropped, *self_, "the loop's limit is reached: " + limit);
  } else {
    const std::string what = "the loop's limit is reached: " + limit;
    end_items(*records, 0, count, item_end_reason::failed, *self_, what);
    throw error(errc::limit, what, self_->place(),
                "take again.exhausted(), or say loop_limit::drop, or let fewer records come back");
  }
}

}  // namespace sage::operators
