/// One input of an operator with several: a loop that calls a function per record and gathers what it makes.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/functions/collector.hpp"
#include "sage/functions/function.hpp"
#include "sage/model/show.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/record_operator.hpp"
#include "sage/operators/state_rows.hpp"

namespace sage::operators {

// What surrounds the calls of one input: the state that a record finds, and how it is undone. A scope has
// begin_batch(records), begin_record(record, position, undoable), commit(), rollback() and end_batch(); is_checked()
// says whether commit() is needed also when nothing can be undone.

/// No state at all.
template <class T>
struct no_scope {
  void begin_batch(batch<T>&) noexcept {}
  void begin_record(const T&, std::size_t, bool) noexcept {}
  [[nodiscard]] bool is_checked() const noexcept { return false; }
  void commit() noexcept {}
  void rollback() noexcept {}
  void end_batch() noexcept {}
};

/// The state of the record's key, in rows that the inputs of one operator share.
template <class T, class Extract, class Rows>
class key_scope {
 public:
  key_scope(Extract extract, Rows& rows) : extract_(std::move(extract)), rows_(&rows) {}

  void begin_batch(batch<T>& records) {
    records_ = &records;
    hashes_ = key_hashes(records, extract_, room_);
    fetched_ = 0;
  }
  void begin_record(const T& record, std::size_t position, bool undoable) {
    if (position >= fetched_) {
      fetched_ = rows_->fetch(position, records_->size(), hashes_, [this](std::size_t k) -> decltype(auto) {
        return std::invoke(extract_, std::as_const((*records_)[k]));
      });
    }
    rows_->store().begin_record(rows_->row_of(std::invoke(extract_, record), hashes_[position], Rows::no_candidate),
                                undoable);
  }
  [[nodiscard]] bool is_checked() const noexcept { return rows_->is_checked(); }
  void commit() { rows_->commit(); }
  void rollback() noexcept { rows_->rollback(); }
  void end_batch() { rows_->tidy(); }

 private:
  Extract extract_;
  Rows* rows_;
  batch<T>* records_ = nullptr;
  std::size_t fetched_ = 0;  // the rows of the records up to here are in memory
  const std::uint64_t* hashes_ = nullptr;
  std::vector<std::uint64_t> room_;
};

/// Handles the records of one input: `Call(record, collector<Out>&, context&)` within `Scope`.
template <class T, class Out, class Scope, class Call>
class input_half final : public record_operator {
 public:
  input_half(Scope scope, Call call, error_policy policy)
      : record_operator(policy), scope_(std::move(scope)), call_(std::move(call)) {}

  /// The functions of both inputs push to the same side outputs.
  void share_side_outputs(functions::side_outputs& sides) noexcept { this->use_side_outputs(sides); }
  [[nodiscard]] const record_packing* packing(std::uint32_t input) const noexcept override {
    return input == 0 ? record_packing_of<T>() : nullptr;
  }

 private:
  flow process(output& out) override {
    batch<T>& in = this->template input<T>();
    if (this->cursor_ == 0) scope_.begin_batch(in);
    const std::size_t stop = this->stop_;
    const std::size_t full = this->self_->batch_size();
    const bool consume = this->may_consume();
    const bool columns = this->has_columns();
    const bool undoable = !this->policy_.fails();
    const bool checked = undoable || scope_.is_checked();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    while (i < stop) {
      if (!made_.has_batch()) begin(full);
      before_ = made_.size();
      scope_.begin_record(in[i], i, undoable);
      if (columns) this->show_columns(i);
      this->begin_side_outputs();
      if (consume) {
        call_(std::move(in[i]), made_, *this->self_);
      } else {
        keep(in[i]);
      }
      if (checked) scope_.commit();
      bool goes_on = this->settle_side_outputs(i, out);
      if (columns) this->hand_down(i, made_.records(), before_);
      ++this->fate_.passed;
      ++i;
      if (made_.size() >= full) goes_on = out.emit(main_port, made_.take()) && goes_on;
      if (!goes_on) return flow::suspended;
    }
    return flow::done;
  }

  void keep(T& record) {
    if constexpr (std::is_invocable_v<Call&, const T&, collector<Out>&, context&>) {
      call_(std::as_const(record), made_, *this->self_);
    } else if constexpr (std::copy_constructible<T>) {
      call_(T(record), made_, *this->self_);
    } else {
      // Never reached: the checker refuses a graph in which a record that can't be copied would have to survive.
      call_(std::move(record), made_, *this->self_);
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
    scope_.end_batch();
    if (!made_.has_batch()) return;
    batch_ref made = made_.take();
    if (!made->empty()) out.emit(main_port, std::move(made));
  }
  void discard_record() noexcept override {
    scope_.rollback();
    if (made_.has_batch()) made_.truncate(before_);
  }
  std::string show_record(std::size_t position) const override { return show(this->template input<T>()[position]); }

  Scope scope_;
  Call call_;
  collector<Out> made_;
  std::size_t before_ = 0;
};

}  // namespace sage::operators
