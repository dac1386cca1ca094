/// map: one record in, one record out.
#pragma once

#include <type_traits>
#include <utility>

#include "sage/operators/function_operator.hpp"

namespace sage::operators {

/// Turns each record into another one.
///
/// Shape       T -> U; 1 -> 1
/// Emits       one batch per batch, in order; in place when `U` is `T` and nobody else holds the batch
/// Holds back  never
/// Fails       by error policy, when the function throws
/// Cost        one call per record, inlined
template <class In, class Out, class F>
class map_operator final : public function_operator<In, F> {
 public:
  using function_operator<In, F>::function_operator;

 private:
  flow process(output& out) override {
    batch<In>& in = this->template input<In>();
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    if constexpr (std::is_same_v<In, Out>) {
      if (i == 0) in_place_ = this->policy_.fails() && in.unique() && this->is_quick();
      if (in_place_) {
        In* const records = in.data();
        this->fate_.passed += stop - i;
        this->cursor_ = stop;
        for (; i < stop; ++i) records[i] = this->consume(records[i]);
        return flow::done;
      }
    }
    if (!made_) made_ = batch<Out>::make(this->self_->pool(), in.size());
    const std::size_t begun = made_->size();
    {
      const cursor_guard cursor(this->cursor_, i);
      const passed_guard passed(this->fate_.passed, *made_, begun);
      if (this->may_consume()) {
        for (; i < stop; ++i) made_->emplace_back(this->consume(in[i]));
      } else {
        for (; i < stop; ++i) made_->emplace_back(this->preserve(in[i]));
      }
    }
    static_cast<void>(out);
    return flow::done;
  }

  void finish_batch(output& out) override {
    if constexpr (std::is_same_v<In, Out>) {
      if (std::exchange(in_place_, false)) {
        this->input_->drop_hashes();
        out.emit(main_port, std::move(this->input_));
        return;
      }
    }
    if (!made_) return;
    take_after_input();
    this->input_.reset();
    if (!made_->empty()) out.emit(main_port, erase(std::move(made_)));
    made_.reset();
  }

  void emit_part(output& out) override {
    if (!made_ || made_->empty()) return;
    take_after_input();
    out.emit(main_port, erase(std::move(made_)));
    made_.reset();
  }

  void take_after_input() {
    made_->header = this->input_->header;
    if constexpr (holds_views<Out>) made_->retain_blocks_of(*this->input_);
  }

  // Counts what was made, also when the loop is left by an exception.
  class passed_guard {
   public:
    passed_guard(std::uint64_t& passed, const batch_base& made, std::size_t begun) noexcept
        : passed_(passed), made_(made), begun_(begun) {}
    ~passed_guard() { passed_ += made_.size() - begun_; }
    passed_guard(const passed_guard&) = delete;
    passed_guard& operator=(const passed_guard&) = delete;

   private:
    std::uint64_t& passed_;
    const batch_base& made_;
    std::size_t begun_;
  };

  ref<batch<Out>> made_;
  bool in_place_ = false;  // with the batch at hand
};

/// Looks at each record and passes it on unchanged.
///
/// Shape       T -> T; 1 -> 1
/// Emits       the batch itself
/// Fails       by error policy; a record on which the function threw is taken out of the batch
template <class In, class F>
class inspect_operator final : public function_operator<In, F> {
 public:
  using function_operator<In, F>::function_operator;

 private:
  flow process(output& out) override {
    const batch<In>& in = this->template input<In>();
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    if (i == 0) kept_.clear();
    const cursor_guard cursor(this->cursor_, i);
    for (; i < stop; ++i) {
      functions::call(this->function_, *this->self_, in[i]);
      ++this->fate_.passed;
      if (!this->policy_.fails()) kept_.push_back(static_cast<std::uint32_t>(i));
    }
    static_cast<void>(out);
    return flow::done;
  }

  void finish_batch(output& out) override {
    if (this->policy_.fails() || kept_.size() == this->input_->size()) {
      out.emit(main_port, std::move(this->input_));
    } else if (!kept_.empty()) {
      out.emit(main_port, select(this->input_, kept_.data(), kept_.size()));
    }
    kept_.clear();
  }

  std::vector<std::uint32_t> kept_;
};

}  // namespace sage::operators
