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
#include "sage/state/keyed_store.hpp"

namespace sage::operators {

// What surrounds the calls of one input: the state that a record finds, and how it is undone. A scope has
// begin_batch(records), begin_record(record, position, undoable), commit() and rollback().

/// No state at all.
template <class T>
struct no_scope {
  void begin_batch(batch<T>&) noexcept {}
  void begin_record(const T&, std::size_t, bool) noexcept {}
  void commit() noexcept {}
  void rollback() noexcept {}
};

struct nothing {};
/// The keys that the inputs of one operator share, each with a row of state.
template <class K>
using shared_keys = state::keyed_table<K, nothing>;

/// The state of the record's key. Row 0 is nobody's: it stands for calls without a key.
template <class T, class Extract, class Keys>
class key_scope {
 public:
  key_scope(Extract extract, Keys& keys, state::keyed_store& store)
      : extract_(std::move(extract)), keys_(&keys), store_(&store) {}

  void begin_batch(batch<T>& records) { hashes_ = key_hashes(records, extract_, room_); }
  void begin_record(const T& record, std::size_t position, bool undoable) {
    const std::size_t row =
        keys_->find_or_insert(std::invoke(extract_, record), hashes_[position], [] { return nothing{}; });
    store_->begin_record(row + 1, undoable);
  }
  void commit() noexcept { store_->commit(); }
  void rollback() noexcept { store_->rollback(); }

 private:
  Extract extract_;
  Keys* keys_;
  state::keyed_store* store_;
  const std::uint64_t* hashes_ = nullptr;
  std::vector<std::uint64_t> room_;
};

/// Handles the records of one input: `Call(record, collector<Out>&, context&)` within `Scope`.
template <class T, class Out, class Scope, class Call>
class input_half final : public record_operator {
 public:
  input_half(Scope scope, Call call, error_policy policy)
      : record_operator(policy), scope_(std::move(scope)), call_(std::move(call)) {}

 private:
  flow process(output& out) override {
    batch<T>& in = this->template input<T>();
    if (this->cursor_ == 0) scope_.begin_batch(in);
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
      scope_.begin_record(in[i], i, undoable);
      if (columns) this->show_columns(i);
      if (consume) {
        call_(std::move(in[i]), made_, *this->self_);
      } else {
        keep(in[i]);
      }
      if (columns) this->hand_down(i, made_.records(), before_);
      if (undoable) scope_.commit();
      ++this->fate_.passed;
      ++i;
      if (made_.size() >= full && !out.emit(main_port, made_.take())) return flow::suspended;
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
