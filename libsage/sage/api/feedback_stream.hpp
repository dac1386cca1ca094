/// Loops: what `env.feedback<T>` returns.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "sage/api/data_stream.hpp"
#include "sage/operators/loop_head.hpp"

namespace sage {

/// The way back of a loop. `starts.union_with(again)` is what the body begins with, `more.feed(again)` closes it.
///
/// The loop admits new records while fewer than `max_in_flight` are inside, and those that come back always, so it
/// can't deadlock. It ends when the streams that lead into it have ended and nothing is inside.
template <class T>
class feedback_stream : public api::operator_settings<feedback_stream<T>> {
 public:
  feedback_stream(api::stream_origin origin, feedback_options options)
      : origin_(std::move(origin)), options_(options) {
    set_factory();
  }
  [[nodiscard]] const api::stream_origin& origin() const noexcept { return origin_; }

  /// The same as `starts.union_with(again)`.
  data_stream<T> union_with(const data_stream<T>& starts) const { return starts.union_with(*this); }

  /// The records that have reached a limit of the loop, instead of failing the job. Call it once.
  data_stream<T> exhausted() const {
    graph::node& n = origin_.at();
    if (n.outs.size() == 1) n.outs.push_back(&record_type_of<T>());
    set_factory();
    return data_stream<T>(origin_.output_of(n, operators::exhausted_port));
  }

 private:
  void set_factory() const {
    graph::node& n = origin_.at();
    n.make = [options = options_, has_exhausted = n.outs.size() > 1](const graph::operator_options&) {
      return std::make_unique<operators::loop_head>(options, has_exhausted);
    };
  }

  api::stream_origin origin_;
  feedback_options options_;
};

}  // namespace sage
