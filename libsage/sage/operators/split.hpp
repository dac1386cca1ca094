/// split and route: records leave on the port that a function chooses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/operators/function_operator.hpp"

namespace sage::operators {

/// Sends each record to one of several outputs.
///
/// Shape       T -> T on one of n ports; 1 -> 1
/// Emits       per input batch at most one batch per port, in order within a port
/// Fails       by error policy, when the function throws
/// Items       go with their records; a sink behind the port of no label ends them as unrouted
///
/// `Choose(function, context, record)` returns the port, `is_unrouted(port)` whether that is the one for what no
/// label matched; it is the only difference between `split` and `route`.
template <class T, class F, class Choose>
class split_operator final : public function_operator<T, F> {
 public:
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }
  split_operator(F function, error_policy policy, Choose choose, std::size_t ports)
      : function_operator<T, F>(std::move(function), policy), choose_(std::move(choose)), chosen_(ports) {}

 private:
  flow process(output& out) override {
    static_cast<void>(out);
    const batch<T>& in = this->template input<T>();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    const bool items = this->has_items();
    for (const std::size_t stop = this->stop_; i < stop; ++i) {
      if constexpr (functions::takes_context<F, const T&>) this->show_columns(i);
      const std::size_t port = choose_(this->function_, *this->self_, in[i]);
      if (items && choose_.is_unrouted(port)) this->note_unrouted(i);
      chosen_[port].push_back(static_cast<std::uint32_t>(i));
      ++this->fate_.passed;
    }
    return flow::done;
  }

  void finish_batch(output& out) override {
    for (std::size_t port = 0; port < chosen_.size(); ++port) {
      std::vector<std::uint32_t>& positions = chosen_[port];
      if (positions.empty()) continue;
      const bool all = positions.size() == this->input_->size();
      batch_ref records;
      if (all) {
        records = std::move(this->input_);
      } else {
        records = batch_base::make(this->self_->pool(), record_type_of<T>(), positions.size());
        records->header = this->input_->header;
        append_selected(*this->input_, positions.data(), positions.size(), *records);
      }
      positions.clear();
      out.emit(static_cast<std::uint32_t>(port), std::move(records));
      if (all) break;
    }
  }

  Choose choose_;
  std::vector<std::vector<std::uint32_t>> chosen_;
};

/// split: port 0 where the predicate holds, 1 elsewhere.
struct choose_by_predicate {
  template <class F, class T>
  std::size_t operator()(F& predicate, context& self, const T& record) const {
    return functions::call(predicate, self, record) ? 0 : 1;
  }
  [[nodiscard]] static bool is_unrouted(std::size_t port) noexcept { return port > 1; }
};

/// route: the port of the label that the function returns, the last one for any other label.
template <class Label>
struct choose_by_label {
  std::vector<Label> labels;
  template <class F, class T>
  std::size_t operator()(F& label_of, context& self, const T& record) const {
    const auto& label = functions::call(label_of, self, record);
    std::size_t port = 0;
    while (port < labels.size() && !(labels[port] == label)) ++port;
    return port;
  }
  [[nodiscard]] bool is_unrouted(std::size_t port) const noexcept { return port == labels.size(); }
};

}  // namespace sage::operators
