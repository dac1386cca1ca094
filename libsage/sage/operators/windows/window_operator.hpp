/// The frame of windowed operators: results with their times, late records, and the books.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/windows.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/windows/window_fold.hpp"
#include "sage/state/rows_snapshot.hpp"
#include "sage/state/state_limits.hpp"
#include "sage/state/stored_value.hpp"
#include "sage/state/value_bytes.hpp"

namespace sage::operators {

/// The port of late records, where somebody takes them.
inline constexpr std::uint32_t late_port = 1;

/// What tumbling, sliding, session and counted windows have in common.
///
/// Law  of the records in a pane, one is held until its result is out: when that throws, it is this record that is
///      dropped or dead. A record is blamed at most once, however many windows it belongs to
template <class T, class Extract, class Fold>
class window_operator : public keyed_operator<T, Extract, Fold> {
 public:
  using key = state::owned_key_t<key_type_t<Extract, T>>;
  using accumulator = typename Fold::accumulator;
  using result = typename Fold::result;
  static_assert(std::copy_constructible<accumulator>, "an accumulator of a window must be copyable");

  window_operator(Extract extract, Fold fold, error_policy policy, const window_settings& settings)
      : keyed_operator<T, Extract, Fold>(std::move(extract), std::move(fold), policy),
        settings_(settings),
        account_(settings.state_limits) {}

  void open(context& self) override {
    this->self_ = &self;
    this->function_.open(self);
  }
  void close() override { this->function_.close(); }
  [[nodiscard]] state_size state_size_now() const noexcept override {
    return {open_windows_, account_.is_limited() ? account_.bytes() : open_windows_ * sizeof(accumulator)};
  }

 protected:
  [[noreturn]] void refuse_to_spill() const {
    throw error(errc::unsupported, "the accumulators of windows can't be written to a store", this->self_->place(),
                "describe their type with SAGE_DESCRIBE, or keep state in memory");
  }

  static constexpr bool can_be_written = encodable<key> && state::is_storable<accumulator>;
  static constexpr const char* not_writable =
      "its keys or accumulators can't be written: describe their types with SAGE_DESCRIBE";
  /// A window that was open when a snapshot was taken: counted as one whose record is held.
  void restore_window(const accumulator& acc) {
    hold();
    ++this->restored_;
    count_bytes(acc);
  }
  void count_bytes(const accumulator& acc) {
    const std::size_t size = counted_bytes(acc);
    if (account_.is_limited()) account_.change(0, size, size);
  }

  // ---- records

  /// How far time has come that windows go by.
  [[nodiscard]] event_time time_now() const noexcept {
    const event_time now = this->input_watermark();
    return settings_.processing_time && now != end_of_time ? this->self_->time().wall_ms() - 1 : now;
  }
  /// The records at hand come now, where windows go by the wall clock.
  void note_arrival() noexcept {
    if (settings_.processing_time) arrived_ = this->self_->time().wall_ms();
  }
  /// The event time of the record at `position`, which must have one; or the moment of the last `note_arrival`.
  [[nodiscard]] event_time needed_time(const event_time* times, std::size_t position) const {
    if (settings_.processing_time) return arrived_;
    if (times && times[position] != no_event_time) return times[position];
    throw error(errc::invalid_argument, "a record without event time came to a window", this->self_->place(),
                "call assign_timestamps before the window");
  }
  void note_late(std::size_t position) {
    if (settings_.late_output) {
      ++this->fate_.passed;
      late_.push_back(static_cast<std::uint32_t>(position));
    } else {
      ++this->fate_.late;
      if (this->has_items()) this->end_item(position, item_end_reason::filtered, "it came too late for its window");
    }
  }
  /// A record between two windows.
  void note_between(std::size_t position) {
    ++this->fate_.filtered;
    if (this->has_items()) this->end_item(position, item_end_reason::filtered);
  }
  void end_gathered(std::size_t position) {
    if (this->has_items()) this->end_item(position, item_end_reason::aggregated);
  }
  void check_room(std::size_t windows_of_key) const {
    if (open_windows_ >= settings_.limits.windows_max) refuse("in all", settings_.limits.windows_max);
    if (windows_of_key >= settings_.limits.windows_per_key_max)
      refuse("of one key", settings_.limits.windows_per_key_max);
  }
  /// Adds a record to what there is of its window. One that throws, or needs more than there may be, changes nothing.
  void add_to(accumulator& acc, const T& record) {
    if (!Fold::gathers && (account_.is_limited() || !this->policy_.fails())) {
      accumulator next = acc;
      this->function_.add(next, record);
      take_over(acc, std::move(next), counted_bytes(acc));
      return;
    }
    if constexpr (Fold::gathers) {
      if (account_.is_limited()) {
        const std::size_t more = state::value_bytes(record);
        account_.change(0, more, (acc.size() + 1) * more);  // as if all were like this one: O(1)
      }
    }
    this->function_.add(acc, record);
  }
  /// The first record of a window, or of a part of one.
  [[nodiscard]] accumulator begin_with(const T& record) {
    accumulator next{};
    this->function_.add(next, record);
    if (account_.is_limited()) account_.change(0, state::value_bytes(next), state::value_bytes(next));
    return next;
  }
  /// Puts `next` in the place of what took `before` bytes, where bytes are counted.
  void take_over(accumulator& acc, accumulator&& next, std::size_t before) {
    if (account_.is_limited()) {
      const std::size_t after = state::value_bytes(next);
      account_.change(before, after, after);
    }
    acc = std::move(next);
  }
  [[nodiscard]] std::size_t counted_bytes(const accumulator& acc) const noexcept {
    return account_.is_limited() ? state::value_bytes(acc) : 0;
  }
  /// `acc` is given back: to be called before it is moved away.
  void give_back(const accumulator& acc) noexcept { account_.give_back(counted_bytes(acc)); }

  /// A record opens a window of its key. It is held until that is closed.
  void hold() noexcept {
    ++open_windows_;
    ++held_;
  }
  void release(std::size_t windows) noexcept {
    open_windows_ -= windows;
    if (held_ <= open_windows_) return;
    this->fate_.passed += held_ - open_windows_;
    held_ = open_windows_;
  }

  // ---- results

  /// Adds the results of `acc`; when the function throws, what it made is forgotten and the policy decides.
  void add_result(const key& of, const window& when, accumulator&& acc, output& out) {
    if (!made_.has_batch()) begin_results();
    const std::size_t before = made_.size();
    try {
      this->function_.emit(of, when, std::move(acc), made_);
    } catch (...) {
      made_.truncate(before);
      give_up_window(of, when, out);
      return;
    }
    batch<result>& records = made_.records();
    event_time* const times = records.times();
    const event_time time = when.end > when.start ? when.end - 1 : no_event_time;
    for (std::size_t i = before; i < records.size(); ++i) times[i] = time;
  }
  /// To be called in the handler of what was thrown while the result of a window was made.
  void give_up_window(const key& of, const window& when, output& out) {
    const std::string shown = show(of) + " [" + std::to_string(when.start) + ", " + std::to_string(when.end) + ")";
    const bool counted = held_ > 0;
    this->give_up_result(shown, counted, out);
    if (counted) --held_;
  }
  [[nodiscard]] bool is_full() const noexcept {
    return made_.has_batch() && made_.size() >= this->self_->batch_size();
  }
  /// Emits what there is; false when the output wants a pause.
  bool flush(output& out) {
    if (!made_.has_batch()) return true;
    return out.emit(main_port, made_.take());
  }
  /// Keeps what results may point to.
  virtual void retain_for_results(batch<result>& records) { static_cast<void>(records); }
  [[nodiscard]] batch<result>* results() noexcept { return made_.has_batch() ? &made_.records() : nullptr; }

  void finish_batch(output& out) override {
    flush(out);
    if (late_.empty()) return;
    out.emit(late_port, select(this->input_, late_.data(), late_.size()));
    late_.clear();
  }
  void emit_part(output& out) override { flush(out); }

  window_settings settings_;

 private:
  void begin_results() {
    const std::size_t full = this->self_->batch_size();
    made_.begin(this->self_->pool(), full + full / 4);
    made_.records().add_times();
    retain_for_results(made_.records());
  }
  [[noreturn]] void refuse(const std::string& what, std::size_t limit) const {
    throw error(errc::limit, "more than " + std::to_string(limit) + " windows are open " + what, this->self_->place(),
                "raise it with .limits(...), or let event time come on");
  }

  state::byte_account account_;
  event_time arrived_ = no_event_time;
  std::size_t open_windows_ = 0;  // pairs of key and pane
  std::size_t held_ = 0;          // of these, how many hold a record
  collector<result> made_;
  std::vector<std::uint32_t> late_;  // positions in the input
};

}  // namespace sage::operators
