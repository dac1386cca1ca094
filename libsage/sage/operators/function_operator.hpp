/// The frame of operators around one function of the user: its copy for this instance, its open and close.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "sage/functions/function.hpp"
#include "sage/model/show.hpp"
#include "sage/operators/record_operator.hpp"

namespace sage::operators {

/// Holds the function `F` for records of type `In`.
template <class In, class F>
class function_operator : public record_operator {
 public:
  function_operator(F function, error_policy policy) : record_operator(policy), function_(std::move(function)) {}

  void open(context& self) override {
    record_operator::open(self);
    functions::open(function_, self);
  }
  void close() override { functions::close(function_); }
  [[nodiscard]] const record_packing* packing(std::uint32_t input) const noexcept override {
    return input == 0 ? record_packing_of<In>() : nullptr;
  }

 protected:
  std::string show_record(std::size_t position) const override { return show(input<In>()[position]); }

  /// Calls the function with the record at `position` moved in: the record may be lost.
  decltype(auto) consume(std::size_t position, In& record) { return call<In>(position, std::move(record)); }

  /// Calls the function so that the record survives: by const reference where it takes one, else with a copy.
  decltype(auto) preserve(std::size_t position, const In& record) {
    if constexpr (functions::callable<F, const In&>) {
      return call<const In&>(position, record);
    } else {
      return call<In>(position, taken(record));
    }
  }

  /// Calls the function with what was made of the record at `position`. A function that takes the context finds the
  /// record's item and event time there.
  template <class... Args>
  decltype(auto) call(std::size_t position, Args&&... args) {
    if constexpr (functions::takes_context<F, Args&&...>) this->show_columns(position);
    return functions::call(function_, *self_, std::forward<Args>(args)...);
  }

  /// A record for a function that wants one of its own: the original, or a copy of one that must survive.
  static In taken(In&& record) noexcept { return std::move(record); }
  static In taken(const In& record) {
    if constexpr (std::copy_constructible<In>) {
      return record;
    } else {
      // Never reached: the checker refuses a graph in which a record that can't be copied would have to survive.
      return std::move(const_cast<In&>(record));
    }
  }

  F function_;
};

}  // namespace sage::operators
