/// filter: records that the user keeps go on.
#pragma once

#include <type_traits>
#include <utility>

#include "sage/operators/function_operator.hpp"

namespace sage::operators {

/// Keeps the records for which the predicate holds.
///
/// Shape       T -> T; 1 -> 0..1
/// Emits       the same batch, compacted in place; a new one when others hold it too
/// Drops       what the predicate refuses, counted as filtered
/// Fails       by error policy, when the predicate throws
/// Items       go with their records; what is refused ends its item as filtered
/// Cost        one call per record, inlined; no branch on the result for trivially copyable records
template <class In, class F>
class filter_operator final : public function_operator<In, F> {
 public:
  using function_operator<In, F>::function_operator;
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }

 private:
  flow process(output& out) override {
    static_cast<void>(out);
    batch<In>& in = this->template input<In>();
    if (this->cursor_ == 0) {
      kept_ = 0;
      shared_ = !in.unique();
      if (shared_ || this->has_items()) positions_.resize(in.size());
    }
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    std::size_t kept = kept_;
    const cursor_guard cursor(this->cursor_, i);
    const cursor_guard keeper(kept_, kept);
    if (this->has_items()) {
      for (; i < stop; ++i) {
        positions_[kept] = static_cast<std::uint32_t>(i);
        if (test(i, in[i])) {
          ++kept;
        } else {
          this->end_item(i, item_end_reason::filtered);
        }
      }
    } else if (shared_) {
      for (; i < stop; ++i) {
        positions_[kept] = static_cast<std::uint32_t>(i);
        kept += test(i, in[i]) ? 1 : 0;
      }
    } else if (in.hashes() || in.times() || in.laps()) {
      std::uint64_t* const hashes = in.hashes();
      event_time* const times = in.times();
      loop_mark* const laps = in.laps();
      for (; i < stop; ++i) {
        if (!test(i, in[i])) continue;
        if (kept != i) {
          in[kept] = std::move(in[i]);
          if (hashes) hashes[kept] = hashes[i];
          if (times) times[kept] = times[i];
          if (laps) laps[kept] = laps[i];
        }
        ++kept;
      }
    } else if constexpr (std::is_trivially_copyable_v<In>) {
      In* const records = in.data();
      for (; i < stop; ++i) {
        const In record = records[i];
        records[kept] = record;
        kept += test(i, record) ? 1 : 0;
      }
    } else {
      for (; i < stop; ++i) {
        if (!test(i, in[i])) continue;
        if (kept != i) in[kept] = std::move(in[i]);
        ++kept;
      }
    }
    return flow::done;
  }

  bool test(std::size_t position, const In& record) { return static_cast<bool>(this->call(position, record)); }

  void finish_batch(output& out) override {
    const std::uint64_t given_up = this->fate_.dropped + this->fate_.dead;
    this->fate_.passed += kept_;
    this->fate_.filtered += this->input_->size() - kept_ - (given_up - given_up_);
    given_up_ = given_up;
    if (kept_ == 0) return;
    if (kept_ == this->input_->size()) {
      out.emit(main_port, std::move(this->input_));
    } else if (shared_ || this->has_items()) {
      out.emit(main_port, select(this->input_, positions_.data(), kept_));
    } else {
      static_cast<batch<In>&>(*this->input_).truncate(kept_);
      out.emit(main_port, std::move(this->input_));
    }
  }

  std::size_t kept_ = 0;
  bool shared_ = false;
  std::uint64_t given_up_ = 0;  // dropped and dead up to the last batch, so that they don't count as filtered
  std::vector<std::uint32_t> positions_;
};

}  // namespace sage::operators
