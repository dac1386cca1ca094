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
/// Items       the result inherits that of its record
/// Cost        one call per record, inlined
template <class In, class Out, class F>
class map_operator final : public function_operator<In, F> {
 public:
  using function_operator<In, F>::function_operator;
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }

 private:
  flow process(output& out) override {
    batch<In>& in = this->template input<In>();
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    if constexpr (std::is_same_v<In, Out>) {
      if (i == 0) in_place_ = this->policy_.fails() && in.unique() && this->is_quick();
      if (in_place_) {
        In* const records = in.data();
        if (this->has_items()) {  // their ends need a cursor that is true
          const cursor_guard cursor(this->cursor_, i);
          for (; i < stop; ++i, ++this->fate_.passed) records[i] = this->consume(i, records[i]);
          return flow::done;
        }
        this->fate_.passed += stop - i;
        this->cursor_ = stop;
        for (; i < stop; ++i) records[i] = this->consume(i, records[i]);
        return flow::done;
      }
    }
    if (!made_) {
      made_ = batch<Out>::make(this->self_->pool(), in.size());
      if (this->has_items()) made_->add_items();
    }
    {
      const cursor_guard cursor(this->cursor_, i);
      const made_guard made(*this, i);
      if (this->may_consume()) {
        for (; i < stop; ++i) made_->emplace_back(this->consume(i, in[i]));
      } else {
        for (; i < stop; ++i) made_->emplace_back(this->preserve(i, in[i]));
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

  // Counts what was made and gives it the columns of what it descends from, also when the loop is left by an
  // exception.
  class made_guard {
   public:
    made_guard(map_operator& owner, std::size_t position) noexcept
        : owner_(owner), position_(position), begun_(owner.made_->size()) {}
    ~made_guard() {
      const std::size_t count = owner_.made_->size() - begun_;
      owner_.fate_.passed += count;
      if (owner_.has_columns()) carry_columns(*owner_.input_, position_, count, *owner_.made_, begun_);
    }
    made_guard(const made_guard&) = delete;
    made_guard& operator=(const made_guard&) = delete;

   private:
    map_operator& owner_;
    std::size_t position_;
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
/// Items       go with their records
template <class In, class F>
class inspect_operator final : public function_operator<In, F> {
 public:
  using function_operator<In, F>::function_operator;
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }

 private:
  flow process(output& out) override {
    const batch<In>& in = this->template input<In>();
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    if (i == 0) kept_.clear();
    const cursor_guard cursor(this->cursor_, i);
    for (; i < stop; ++i) {
      this->call(i, in[i]);
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
