/// process: a function with keyed state.
#pragma once

#include <utility>

#include "sage/functions/collector.hpp"
#include "sage/functions/keyed_state.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/state/keyed_store.hpp"

namespace sage::operators {

/// Calls a function for each record of a key, with state of that key, and takes any number of results.
///
/// Shape       keyed<K, T> -> U; 1 -> 0..n
/// Emits       full batches as they fill, the rest at the end of the input batch; in order
/// Holds back  while its output has no credit
/// Fails       by error policy; outputs and state changes of a call that threw are undone
/// Items       each result inherits that of the record at hand; a record without results ends its item
/// Snapshot    the states declared in `open`
/// Cost        O(1) per state access: a row of a column; an undo copy of what is written unless the policy is fail
template <class T, class Extract, class Out, class F>
class process_operator final : public keyed_operator<T, Extract, F> {
 public:
  using keyed_operator<T, Extract, F>::keyed_operator;

  void open(context& self) override {
    self.set_keyed_state(&store_);
    keyed_operator<T, Extract, F>::open(self);
  }

 private:
  struct nothing {};

  flow process(output& out) override {
    if (this->cursor_ == 0) this->prepare_hashes();
    batch<T>& in = this->template input<T>();
    const std::size_t stop = this->stop_;
    const std::size_t full = this->self_->batch_size();
    const bool consume = this->may_consume();
    const bool columns = this->has_columns();
    const bool undoable = !this->policy_.fails();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    while (i < stop) {
      if (!made_.has_batch()) begin(full);
      before_ = made_.size();
      const std::size_t row = rows_.find_or_insert(this->key_of(in[i]), this->hashes_[i], [] { return nothing{}; });
      store_.begin_record(row, undoable);
      if (consume) {
        apply(i, std::move(in[i]));
      } else {
        apply(i, std::as_const(in[i]));
      }
      if (columns) this->hand_down(i, made_.records(), before_);
      if (undoable) store_.commit();
      ++this->fate_.passed;
      ++i;
      if (made_.size() >= full && !out.emit(main_port, made_.take())) return flow::suspended;
    }
    return flow::done;
  }

  template <class Record>
  void apply(std::size_t position, Record&& record) {
    if constexpr (functions::callable<F, Record, collector<Out>&>) {
      this->call(position, std::forward<Record>(record), made_);
    } else {
      this->call(position, this->taken(std::forward<Record>(record)), made_);
    }
  }

  void begin(std::size_t full) {
    made_.begin(this->self_->pool(), full + full / 4);
    made_.records().header = this->input_->header;
    if constexpr (holds_views<Out>) made_.records().retain_blocks_of(*this->input_);
  }
  void emit_part(output& out) override {
    if (made_.has_batch() && made_.size() > 0) out.emit(main_port, made_.take());
  }
  void finish_batch(output& out) override {
    if (!made_.has_batch()) return;
    batch_ref made = made_.take();
    if (!made->empty()) out.emit(main_port, std::move(made));
  }
  void discard_record() noexcept override {
    store_.rollback();
    if (made_.has_batch()) made_.truncate(before_);
  }

  state::keyed_store store_;
  state::keyed_table<key_type_t<Extract, T>, nothing> rows_;
  collector<Out> made_;
  std::size_t before_ = 0;
};

}  // namespace sage::operators
