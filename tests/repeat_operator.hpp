/// An operator as a user would write one, for `.transform` and for the conformance check.
#pragma once

#include <cstddef>
#include <utility>

#include "sage/operators/operator.hpp"

namespace sage::test {

/// Emits every record `times` times.
///
/// Shape       int -> int; 1 -> times
/// Emits       full batches as they fill, the rest at the end of the input batch; in order
/// Holds back  while its output wants a pause: it stops between two batches and goes on there
class repeat_operator final : public operators::operator_base {
 public:
  using input_type = int;
  using output_type = int;

  explicit repeat_operator(std::size_t times) : times_(times) {}

  void open(context& self) override { self_ = &self; }

  operators::flow on_batch(batch_ref records, operators::output& out) override {
    input_ = std::move(records);
    record_ = repeated_ = 0;
    return resume(out);
  }

  operators::flow resume(operators::output& out) override {
    if (!input_) return operators::flow::done;
    const auto& in = static_cast<const batch<int>&>(*input_);
    while (record_ < in.size()) {
      auto made = batch<int>::make(self_->pool(), self_->batch_size());
      made->header = in.header;
      while (record_ < in.size() && made->size() < self_->batch_size()) {
        if (repeated_ < times_) made->emplace_back(in[record_]);
        if (++repeated_ < times_) continue;
        ++record_;
        ++fate_.passed;
        repeated_ = 0;
      }
      if (made->empty()) break;
      if (!out.emit(operators::main_port, erase(std::move(made))) && record_ < in.size()) {
        return operators::flow::suspended;
      }
    }
    input_.reset();
    return operators::flow::done;
  }

 private:
  std::size_t times_;
  context* self_ = nullptr;
  batch_ref input_;
  std::size_t record_ = 0;    // the cursor: this record ...
  std::size_t repeated_ = 0;  // ... has been emitted so many times
};

}  // namespace sage::test
