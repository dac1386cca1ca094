/// The frame of operators with several inputs: a half per input, which is a record operator of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sage/operators/record_operator.hpp"

namespace sage::operators {

/// Gives the records of each input to the half for it, sums their fates, and continues whoever was suspended. A half
/// keeps cursor, record law and error policy of its own input; what the halves share belongs to the derived class.
///
/// Law  one half is at work at a time: no input is taken while another one is suspended
class several_inputs : public operator_base {
 public:
  void open(context& self) override;
  flow on_batch(batch_ref records, output& out) final { return on_input(0, std::move(records), out); }
  flow on_input(std::uint32_t input, batch_ref records, output& out) final;
  flow resume(output& out) final;
  [[nodiscard]] std::optional<nanoseconds> retry_at() const noexcept final;
  [[nodiscard]] bool has_yielded() const noexcept final;
  void on_slow_batch() noexcept final;
  [[nodiscard]] const record_packing* packing(std::uint32_t input) const noexcept final {
    return input < halves_.size() ? halves_[input]->packing(0) : nullptr;
  }

 protected:
  /// Adds the half for the next input. It is owned by the derived class.
  void add_half(record_operator& half) {
    half.set_input_number(static_cast<std::uint32_t>(halves_.size()));
    halves_.push_back(&half);
  }
  /// What time's coming to `input_watermark()` sets off. Called again after it returned suspended.
  virtual flow on_time(output& out) {
    static_cast<void>(out);
    return flow::done;
  }

  fate own_;  // of records that left otherwise than through a half

 private:
  flow on_watermark(event_time time, output& out) final;
  flow settled(flow came);

  static constexpr std::size_t nobody = ~std::size_t{0};
  std::vector<record_operator*> halves_;
  std::size_t at_work_ = nobody;  // the half that is suspended
};

}  // namespace sage::operators
