/// throttle and delay: operators that let records go by the clock.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "sage/operators/operator.hpp"

namespace sage::operators {

/// Lets at most so many records per second pass; the others wait, and those before them.
///
/// Shape       T -> T; 1 -> 1
/// Emits       what may go, at once; in order
/// Holds back  its input, until the next record may go
/// Items       go with their records
/// Units       records per second; `burst`: how many may go at once after a silence
/// Cost        O(1) per batch and pause
/// Source      the generic cell rate algorithm, ITU-T I.371
class throttle_operator final : public operator_base {
 public:
  throttle_operator(double per_second, std::uint64_t burst);

  void open(context& self) override { self_ = &self; }
  flow on_batch(batch_ref records, output& out) override;
  flow resume(output& out) override;
  /// Its pace begins anew.
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  [[nodiscard]] std::optional<nanoseconds> retry_at() const noexcept override { return retry_at_; }

 private:
  double interval_ns_;
  double burst_ns_;
  context* self_ = nullptr;
  batch_ref input_;
  std::size_t next_ = 0;
  double due_ = 0;  // when the next record would go at an even pace
  std::optional<nanoseconds> retry_at_;
};

/// Lets each batch go a fixed time of the wall clock after it came, with the watermarks behind it.
///
/// Shape       T -> T; 1 -> 1
/// Emits       when the time has passed; in order. When the input ends, what is held waits for its time, too
/// Holds back  up to `records_max` records; beyond that its input, until the oldest have gone
/// Items       go with their records
/// Cost        O(1) per batch
class delay_operator final : public operator_base {
 public:
  delay_operator(nanoseconds by, std::uint64_t records_max);

  void open(context& self) override { self_ = &self; }
  flow on_batch(batch_ref records, output& out) override;
  flow resume(output& out) override { return let_go(out); }
  flow on_end(output& out) override;
  /// A barrier waits as records do.
  [[nodiscard]] bool must_drain() const noexcept override { return true; }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  [[nodiscard]] std::optional<nanoseconds> retry_at() const noexcept override { return retry_at_; }
  [[nodiscard]] event_time watermark() const noexcept override;

  [[nodiscard]] bool is_async() const noexcept override { return true; }
  [[nodiscard]] bool has_news() const noexcept override;
  flow on_wake(output& out) override { return let_go(out); }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override;

 private:
  flow let_go(output& out);

  struct held_batch {
    batch_ref records;
    nanoseconds due;
    event_time before;  // how far event time had come when it came
  };
  nanoseconds by_;
  std::uint64_t records_max_;
  context* self_ = nullptr;
  std::deque<held_batch> held_;
  std::uint64_t records_ = 0;
  bool ending_ = false;
  std::optional<nanoseconds> retry_at_;  // while it is suspended for the time that the oldest must wait
};

}  // namespace sage::operators
