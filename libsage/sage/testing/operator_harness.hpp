/// Tests one operator without a pipeline: feed batches, look at what comes out.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/testing/harnessed_operator.hpp"

namespace sage::testing {

/// What a harness can be given: a pointer to an operator, or a callable that makes one.
template <class M>
concept operator_origin = std::convertible_to<M, operators::operator_ptr> ||
    std::is_convertible_v<std::invoke_result_t<const M&>, operators::operator_ptr>;

/// An operator from `In` to `Out` (void for a sink), opened, with a manual clock. Every call checks the operator
/// contract and throws errc::user_function where it is broken (see harnessed_operator).
///
/// `operator_harness<int> h(std::make_unique<my_operator>());` or
/// `operator_harness<int, long> h(declared<int>([](auto numbers) { return numbers.map(f); }));`
///
/// Cost  a batch per feed; emitted batches are kept until the harness dies
template <class In, class Out = In>
class operator_harness {
 public:
  using input_type = In;
  using output_type = Out;

  template <operator_origin Origin>
  explicit operator_harness(Origin&& origin, harness_options options = {})
      : core_(std::make_unique<harnessed_operator>(made(std::forward<Origin>(origin)), std::move(options),
                                                   out_type())) {}

  using item_list = std::vector<ref<item_scope>>;

  /// Hands one batch over, with an item per record unless `items` is empty. Returns suspended when the operator
  /// stopped within it. A user's exception comes through.
  operators::flow feed(std::vector<In> records, item_list items = {}) {
    auto made = batch<In>::make(core_->self().pool(), records.size());
    for (In& record : records) made->emplace_back(std::move(record));
    if (!items.empty()) std::move(items.begin(), items.end(), made->add_items());
    return core_->on_batch(erase(std::move(made)));
  }
  /// The same with a batch that somebody else holds too: the operator must leave it as it is.
  operators::flow feed_shared(const std::vector<In>& records,
                              const item_list& items = {}) requires std::copy_constructible<In> {
    auto made = batch<In>::make(core_->self().pool(), records.size());
    for (const In& record : records) made->emplace_back(record);
    if (!items.empty()) std::copy(items.begin(), items.end(), made->add_items());
    const ref<batch<In>> ours = made;
    const operators::flow came = core_->on_batch(erase(std::move(made)));
    if constexpr (std::equality_comparable<In>) {
      if (!std::equal(ours->begin(), ours->end(), records.begin(), records.end())) {
        throw error(errc::user_function, "the operator breaks its contract: it changes records of a shared batch",
                    core_->self().place());
      }
    }
    if (!std::equal(items.begin(), items.end(), ours->items())) {
      throw error(errc::user_function, "the operator breaks its contract: it takes items out of a shared batch",
                  core_->self().place());
    }
    return came;
  }
  /// One batch with an event time per record; without a column of times when `times` is empty.
  operators::flow feed_timed(std::vector<In> records, const std::vector<event_time>& times) {
    auto made = batch<In>::make(core_->self().pool(), records.size());
    for (In& record : records) made->emplace_back(std::move(record));
    if (!times.empty()) std::copy(times.begin(), times.end(), made->add_times());
    return core_->on_batch(erase(std::move(made)));
  }
  /// Event time has come to `time` in front of the operator.
  operators::flow advance(event_time time) { return core_->advance(time); }
  /// The event times of the records emitted so far on `port`; `no_event_time` for those without.
  [[nodiscard]] std::vector<event_time> times(std::uint32_t port = operators::main_port) const {
    return core_->times(port);
  }
  [[nodiscard]] event_time watermark() const noexcept { return core_->watermark(); }
  operators::flow resume() { return core_->resume(); }
  operators::flow wake() { return core_->wake(); }
  operators::flow end() { return core_->end(); }
  operators::flow settle() { return core_->settle(); }
  /// The life of an operator behind its last batch: end of input, prepare, commit, close.
  void finish() {
    end();
    settle();
    core_->prepare(0);
    core_->commit(0);
    core_->close();
  }
  void prepare(std::uint64_t epoch) { core_->prepare(epoch); }
  void commit(std::uint64_t epoch) { core_->commit(epoch); }
  void abort() { core_->abort(); }
  void close() { core_->close(); }

  /// The output refuses its emission number `number`, counted from 0 over all ports.
  void refuse_at(std::size_t number) { core_->refuse_at(number); }
  void refuse_all(bool refuse = true) { core_->refuse_all(refuse); }

  /// Copies of all records emitted so far on `port`, in order.
  [[nodiscard]] auto records(std::uint32_t port = operators::main_port) const requires std::copy_constructible<Out> {
    return on_port<Out>(port);
  }
  /// Moves the records out, for those that can't be copied.
  [[nodiscard]] auto take(std::uint32_t port = operators::main_port) requires(!std::is_void_v<Out>) {
    std::vector<Out> all;
    for (const auto& one : core_->emissions()) {
      if (one.port != port) continue;
      for (Out& record : batch_cast<Out>(*one.records)) all.push_back(std::move(record));
    }
    return all;
  }
  [[nodiscard]] std::vector<dead_letter> dead_letters() const {
    return on_port<dead_letter>(operators::dead_letter_port);
  }
  /// The sizes of the batches emitted on `port`.
  [[nodiscard]] std::vector<std::size_t> batch_sizes(std::uint32_t port = operators::main_port) const {
    std::vector<std::size_t> sizes;
    for (const auto& one : core_->emissions()) {
      if (one.port == port) sizes.push_back(one.records->size());
    }
    return sizes;
  }

  /// The request ids of the items of all records emitted so far on `port`, in order; empty where a record has none.
  [[nodiscard]] std::vector<std::string> request_ids(std::uint32_t port = operators::main_port) const {
    return core_->request_ids(port);
  }

  [[nodiscard]] bool is_suspended() const noexcept { return core_->is_suspended(); }
  [[nodiscard]] std::size_t suspensions() const noexcept { return core_->suspensions(); }
  [[nodiscard]] std::optional<nanoseconds> retry_at() const noexcept { return core_->retry_at(); }
  [[nodiscard]] const operators::fate& fates() const noexcept { return core_->fates(); }
  [[nodiscard]] std::uint64_t held() const noexcept { return core_->held(); }
  [[nodiscard]] std::size_t wakes() const noexcept { return core_->wakes(); }
  [[nodiscard]] manual_clock& time() noexcept { return core_->time(); }
  [[nodiscard]] harnessed_operator& core() noexcept { return *core_; }

 private:
  template <class Origin>
  static operators::operator_ptr made(Origin&& origin) {
    if constexpr (std::convertible_to<Origin, operators::operator_ptr>) {
      return std::forward<Origin>(origin);
    } else {
      return origin();
    }
  }
  static const record_type* out_type() noexcept {
    if constexpr (std::is_void_v<Out>) {
      return nullptr;
    } else {
      return &record_type_of<Out>();
    }
  }
  template <class T>
  std::vector<T> on_port(std::uint32_t port) const {
    std::vector<T> all;
    for (const auto& one : core_->emissions()) {
      if (one.port != port) continue;
      const batch<T>& records = batch_cast<T>(*one.records);
      all.insert(all.end(), records.begin(), records.end());
    }
    return all;
  }

  std::unique_ptr<harnessed_operator> core_;
};

}  // namespace sage::testing
