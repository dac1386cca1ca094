/// The head of a loop: admits new records while there is room inside, and lets those that come back in first.
#pragma once

#include <string>
#include <vector>

#include "sage/operators/loop_gauge.hpp"
#include "sage/operators/loop_options.hpp"
#include "sage/operators/operator.hpp"

namespace sage::operators {

/// The port of records that have reached a limit of the loop.
inline constexpr std::uint32_t exhausted_port = 1;

/// Lets records into a loop: from outside while fewer than `max_in_flight` are inside, from the feedback always.
///
/// Shape       T -> T; 1 -> 1
/// Emits       batches as they are, or the part of one that there is room for
/// Holds back  new records while the loop is full: this is the loop's backpressure
/// Drops       records that come back beyond a limit, where the loop says `loop_limit::drop` and nobody takes them
/// Fails       errc::limit with `loop_limit::fail`
/// Time        passes when the outer input says so, its end when nothing is inside any more
/// Completes   when the outer inputs have ended and nothing is inside (kept by the instance around it)
/// Cost        O(1) per batch from outside; O(records) per batch that comes back, for its marks
class loop_head final : public operator_base {
 public:
  loop_head(const feedback_options& options, bool has_exhausted);

  void open(context& self) override;
  flow on_batch(batch_ref records, output& out) override;
  flow resume(output& out) override { return admit(out); }
  flow on_feedback(batch_ref records, output& out) override;
  [[nodiscard]] std::uint64_t held(std::uint64_t taken) const noexcept override {
    static_cast<void>(taken);
    return 0;  // what waits here is not inside yet
  }
  [[nodiscard]] event_time watermark() const noexcept override { return watermark_; }
  flow on_end(output& out) override;
  void close() override;

 private:
  flow on_watermark(event_time time, output& out) override;
  flow admit(output& out);
  [[nodiscard]] std::string find_exhausted(const loop_mark* laps, std::size_t size);
  void give_up(batch_ref records, const std::string& limit, output& out);
  [[nodiscard]] std::uint32_t now_ms() const noexcept;

  feedback_options options_;
  bool has_exhausted_;
  context* self_ = nullptr;
  batch_ref waiting_;         // from outside
  std::size_t admitted_ = 0;  // of it
  event_time watermark_ = no_event_time;
  std::vector<std::uint32_t> kept_;  // reused
  std::vector<std::uint32_t> exhausted_;
};

}  // namespace sage::operators
