/// assign_timestamps: where event time enters a stream.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/functions/watermarks.hpp"
#include "sage/operators/function_operator.hpp"
#include "sage/operators/watermark_tracker.hpp"

namespace sage::operators {

/// Stands for the strategies that SAGE knows: the tracker does it all.
struct tracked_watermarks {};

/// A strategy as the tracker wants it.
[[nodiscard]] inline watermark_rules rules_of(const watermark_strategy& strategy) noexcept {
  watermark_rules rules;
  rules.disorder_ms = strategy.disorder().count();
  rules.advance_ms_max = strategy.advance_max().count();
  rules.idle_after = strategy.idle_after().count();
  return rules;
}

/// Gives each record the event time that is extracted from it, and makes the watermarks.
///
/// Shape       T -> T; 1 -> 1
/// Emits       the batch itself, with a column of event times; then the watermark
/// Holds back  never
/// Fails       by error policy, when the extractor throws; such a record is taken out of the batch
/// Items       go with their records
/// Units       event time in milliseconds since the Unix epoch
/// Cost        one call and one store per record; the watermark is computed once per batch
template <class T, class Extract, class Generator>
class timestamp_operator final : public function_operator<T, Extract> {
  static constexpr bool tracked = std::is_same_v<Generator, tracked_watermarks>;

 public:
  timestamp_operator(Extract extract, Generator generator, const watermark_rules& rules, error_policy policy,
                     std::shared_ptr<functions::alignment_group> group = nullptr)
      : function_operator<T, Extract>(std::move(extract), policy),
        generator_(std::move(generator)),
        group_(std::move(group)),
        tracker_(rules),
        may_be_idle_(rules.idle_after > 0) {}

  void open(context& self) override {
    function_operator<T, Extract>::open(self);
    if (group_) member_.emplace(group_, self.engine());
  }
  void close() override {
    member_.reset();
    function_operator<T, Extract>::close();
  }
  [[nodiscard]] bool is_ahead() override { return member_ && member_->is_ahead(); }

  [[nodiscard]] event_time watermark() const noexcept override {
    // At the end of its input, time ends whatever the records have said.
    if (this->input_watermark() == end_of_time) return end_of_time;
    return tracked ? tracker_.watermark() : generated_;
  }
  [[nodiscard]] bool is_idle() const noexcept override { return tracker_.is_idle(); }
  void on_split(std::uint32_t split, bool begins) override {
    tracker_.on_split(split, begins, may_be_idle_ ? this->self_->time().now() : 0);
    report();
  }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  void snapshot(state::snapshot_writer& to) override {
    to.put_value("watermark", watermark());
    to.put_value("newest", tracker_.newest());
  }
  void restore(const state::snapshot_reader& from) override {
    // Splits go to those who were reading them, where there are as many as before: so does the time in them.
    using times = std::map<std::uint32_t, event_time>;
    generated_ = from.get_least("watermark").value_or(no_event_time);
    if (const auto own = from.get_value<times>("newest")) {
      tracker_.restore(*own, generated_);
    } else {
      for (const times& newest : from.get_all_values<times>("newest")) tracker_.restore(newest, generated_);
    }
  }

  // A timer tells it that it has been silent for too long.
  [[nodiscard]] bool is_async() const noexcept override { return may_be_idle_; }
  [[nodiscard]] bool has_news() const noexcept override {
    const auto at = tracker_.wake_at();
    return at && this->self_->time().now() >= *at;
  }
  flow on_wake(output& out) override {
    static_cast<void>(out);
    attend();
    return flow::done;
  }
  void attend() override {
    tracker_.on_time(this->self_->time().now());
    report();
  }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override { return tracker_.wake_at(); }

 private:
  flow process(output& out) override {
    static_cast<void>(out);
    if (this->cursor_ == 0) begin();
    batch<T>& in = this->template input<T>();
    const std::size_t stop = this->stop_;
    event_time* const times = in.times();
    std::size_t i = this->cursor_;
    event_time newest = newest_;
    const cursor_guard cursor(this->cursor_, i);
    for (; i < stop; ++i) {
      const event_time time = to_event_time(this->call(i, std::as_const(in[i])));
      times[i] = time;
      newest = std::max(newest, time);
      if constexpr (!tracked) generator_.on_record(std::as_const(in[i]), time);
      if (!this->policy_.fails()) positions_.push_back(static_cast<std::uint32_t>(i));
      newest_ = newest;
      ++this->fate_.passed;
    }
    return flow::done;
  }

  // The column is written in place, for which the batch must be nobody else's.
  void begin() {
    newest_ = no_event_time;
    positions_.clear();
    if (!this->input_->unique()) {
      positions_.resize(this->input_->size());
      for (std::size_t i = 0; i < positions_.size(); ++i) positions_[i] = static_cast<std::uint32_t>(i);
      this->replace_input(select(this->input_, positions_.data(), positions_.size()));
      positions_.clear();
    }
    this->input_->add_times();
  }

  void finish_batch(output& out) override {
    const std::uint32_t split = this->input_->header.source_split;
    if (this->policy_.fails() || positions_.size() == this->input_->size()) {
      out.emit(main_port, std::move(this->input_));
    } else if (!positions_.empty()) {
      out.emit(main_port, select(this->input_, positions_.data(), positions_.size()));
    }
    tracker_.on_batch(split, newest_, may_be_idle_ ? this->self_->time().now() : 0);
    if constexpr (!tracked) generated_ = std::max<event_time>(generated_, generator_.watermark());
    report();
  }
  flow on_watermark(event_time time, output& out) override {
    static_cast<void>(time);
    static_cast<void>(out);
    report();
    return flow::done;
  }
  void report() {
    if (member_) member_->report(watermark(), is_idle());
  }

  Generator generator_;
  std::shared_ptr<functions::alignment_group> group_;  // null where nobody waits for others
  std::optional<functions::aligned_member> member_;
  watermark_tracker tracker_;
  bool may_be_idle_;
  event_time generated_ = no_event_time;
  event_time newest_ = no_event_time;  // of the batch at hand
  std::vector<std::uint32_t> positions_;
};

}  // namespace sage::operators
