/// collect: consecutive records gathered into vectors.
#pragma once

#include <utility>
#include <vector>

#include "sage/operators/item_ends.hpp"
#include "sage/operators/operator.hpp"

namespace sage::operators {

/// Gathers `count` records at a time.
///
/// Shape       T -> vector<T>; n -> 1
/// Emits       every `count` records, and what is left when the input has ended
/// Holds back  fewer than `count` records
/// Items       ends them
template <class T>
class collect_operator final : public operator_base {
 public:
  explicit collect_operator(std::size_t count) : count_(count) {}

  void open(context& self) override { self_ = &self; }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (encodable<T>) return std::nullopt;
    return "its records can't be written: describe their type with SAGE_DESCRIBE";
  }
  void snapshot(state::snapshot_writer& to) override {
    if constexpr (encodable<T>) to.put_value("gathered", gathered_);
  }
  void restore(const state::snapshot_reader& from) override {
    if constexpr (encodable<T>) {
      if (auto gathered = from.get_value<std::vector<T>>("gathered")) gathered_ = *std::move(gathered);
    }
  }

  flow on_batch(batch_ref records, output& out) override {
    input_ = std::move(records);
    cursor_ = 0;
    return resume(out);
  }

  flow resume(output& out) override {
    if (!input_) return flow::done;
    auto& in = static_cast<batch<T>&>(*input_);
    const bool consume = input_->unique();
    while (cursor_ < in.size()) {
      auto made = batch<std::vector<T>>::make(self_->pool(), self_->batch_size());
      made->header = in.header;
      while (cursor_ < in.size() && made->size() < self_->batch_size()) {
        if (gathered_.empty()) gathered_.reserve(count_);
        end_items(in, cursor_, cursor_ + 1, item_end_reason::aggregated, *self_);
        add(in[cursor_++], consume);
        ++fate_.passed;
        if (gathered_.size() == count_) made->emplace_back(std::exchange(gathered_, {}));
      }
      if (made->empty()) break;
      if (!out.emit(main_port, erase(std::move(made))) && cursor_ < in.size()) return flow::suspended;
    }
    input_.reset();
    return flow::done;
  }

  flow on_end(output& out) override {
    if (gathered_.empty()) return flow::done;
    auto made = batch<std::vector<T>>::make(self_->pool(), 1);
    made->emplace_back(std::exchange(gathered_, {}));
    out.emit(main_port, erase(std::move(made)));
    return flow::done;
  }

 private:
  void add(T& record, bool consume) {
    if constexpr (std::copy_constructible<T>) {
      if (!consume) {
        gathered_.push_back(std::as_const(record));
        return;
      }
    }
    gathered_.push_back(std::move(record));
  }

  std::size_t count_;
  context* self_ = nullptr;
  batch_ref input_;
  std::size_t cursor_ = 0;
  std::vector<T> gathered_;
};

/// Passes every batch on: what `union_with` becomes, whose work is done by the channels into it.
///
/// Shape  T -> T; 1 -> 1
class pass_operator final : public operator_base {
 public:
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  flow on_batch(batch_ref records, output& out) override {
    fate_.passed += records->size();
    out.emit(main_port, std::move(records));
    return flow::done;
  }
};

}  // namespace sage::operators
