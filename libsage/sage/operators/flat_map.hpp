/// flat_map: one record in, any number of records out.
#pragma once

#include <ranges>
#include <type_traits>
#include <utility>

#include "sage/functions/collector.hpp"
#include "sage/functions/signature.hpp"
#include "sage/operators/function_operator.hpp"

namespace sage {

/// How a function is handed what it pushes its results into.
template <class U>
using collector_of = collector<U>&;

/// `f(record, collector<U>&)`, or `f(record)` that returns a range of `U`.
template <class F, class T, class U>
concept collecting_function =
    function_per_instance<F> && record<U> && functions::callable<functions::instantiated_t<F>, T, collector_of<U>>;
template <class F, class T>
concept range_function = function_per_instance<F> && functions::callable<functions::instantiated_t<F>, T> &&
    std::ranges::input_range<typename functions::call_result<functions::instantiated_t<F>, T>::type>;
/// What `flat_map<U>` collects; read off the function's signature when `U` is void.
template <class U, class F>
using collected_or = std::conditional_t<std::is_void_v<U>, functions::collected_t<F>, U>;
template <class F, class T, class U>
concept flat_map_function = collecting_function<F, T, collected_or<U, F>> || range_function<F, T>;

}  // namespace sage

namespace sage::operators {

/// Turns each record into any number of records.
///
/// Shape       T -> U; 1 -> 0..n
/// Emits       full batches as they fill, the rest at the end of the input batch; in order
/// Holds back  while its output has no credit: it stops between two records and goes on there
/// Fails       by error policy; what a call that threw had already made is discarded
/// Items       each result inherits that of its record; a record without results ends its item
template <class In, class Out, class F>
class flat_map_operator final : public function_operator<In, F> {
 public:
  using function_operator<In, F>::function_operator;
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }

 private:
  flow process(output& out) override {
    batch<In>& in = this->template input<In>();
    const std::size_t stop = this->stop_;
    const std::size_t full = this->self_->batch_size();
    const bool consume = this->may_consume();
    const bool columns = this->has_columns();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    while (i < stop) {
      if (!made_.has_batch()) begin(full);
      before_ = made_.size();
      if (consume) {
        collect(i, std::move(in[i]));
      } else {
        collect(i, std::as_const(in[i]));
      }
      if (columns) this->hand_down(i, made_.records(), before_);
      ++this->fate_.passed;
      ++i;
      if (made_.size() >= full && !flush(out)) return flow::suspended;
    }
    return flow::done;
  }

  template <class Record>
  void collect(std::size_t position, Record&& record) {
    if constexpr (functions::callable<F, Record, collector<Out>&>) {
      this->call(position, std::forward<Record>(record), made_);
    } else if constexpr (functions::callable<F, In, collector<Out>&>) {
      this->call(position, this->taken(std::forward<Record>(record)), made_);
    } else if constexpr (functions::callable<F, Record>) {
      for (auto&& each : this->call(position, std::forward<Record>(record))) made_.push(std::move(each));
    } else {
      for (auto&& each : this->call(position, this->taken(std::forward<Record>(record)))) made_.push(std::move(each));
    }
  }

  void begin(std::size_t full) {
    made_.begin(this->self_->pool(), full + full / 4);
    made_.records().header = this->input_->header;
    if constexpr (holds_views<Out>) made_.records().retain_blocks_of(*this->input_);
  }

  bool flush(output& out) { return out.emit(main_port, made_.take()); }

  void emit_part(output& out) override {
    if (made_.has_batch() && made_.size() > 0) flush(out);
  }
  void finish_batch(output& out) override {
    if (!made_.has_batch()) return;
    this->input_.reset();
    if (made_.size() > 0) {
      flush(out);
    } else {
      static_cast<void>(made_.take());
    }
  }
  void discard_record() noexcept override {
    if (made_.has_batch()) made_.truncate(before_);
  }

  collector<Out> made_;
  std::size_t before_ = 0;  // how many records the calls before this one have made
};

}  // namespace sage::operators
