/// async_map, async_flat_map: operators whose function is a coroutine.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "sage/functions/tasks/async_function.hpp"
#include "sage/model/show.hpp"
#include "sage/operators/async_operator.hpp"
#include "sage/operators/keyed_operator.hpp"

namespace sage::operators {

/// The key of an operator on a stream that has none.
struct no_key {
  template <class T>
  int operator()(const T&) const noexcept {
    return 0;
  }
};

/// What leaves an async operator for one record.
enum class async_shape : std::uint8_t {
  one,      ///< what its task returns
  range,    ///< the elements of what its task returns
  emitted,  ///< what its task puts into its emitter
};

/// What the tasks of `F` return.
template <class F, class In, class Out, async_shape Shape>
struct async_outcome {
  using type = functions::async_result_t<F, In>;
};
template <class F, class In, class Out>
struct async_outcome<F, In, Out, async_shape::emitted> {
  using type = void;
};

/// Calls `F` for each record, `capacity` of them at once, and emits what their tasks return.
///
/// Shape       T -> U; 1 -> 1, or 1 -> n
/// Emits       by `order`; a result leaves as soon as its turn has come, in batches of what is ready
/// Holds back  when `capacity` calls run and `waiting_max` records wait, or `waiting_per_key_max` of one key
/// Fails       by error policy, when the task throws or takes longer than `timeout`
/// Cost        about 150 ns per call beside the coroutine's own; memory O(capacity + waiting)
template <class In, class Out, class Extract, class F, async_shape Shape>
class async_function_operator final : public async_operator {
  using result = typename async_outcome<F, In, Out, Shape>::type;
  static constexpr bool emits = Shape == async_shape::emitted;
  using owned_key = state::owned_key_t<key_type_t<Extract, In>>;

  class core final : public async_core {
   public:
    core(context& self, F its, bool keeps_record)
        : async_core(self.time(), self), self_(self), keeps_record_(keeps_record), function(std::move(its)) {}
    ~core() override { destroy_calls(); }
    [[nodiscard]] bool keeps_record() const noexcept { return keeps_record_; }

   private:
    std::unique_ptr<async_call> make_call() override { return std::make_unique<call>(*this, self_); }

    context self_;
    bool keeps_record_;

   public:
    F function;
  };

  class call final : public async_call {
   public:
    call(core& its, const context& surroundings) : async_call(its, surroundings), emitted(*this), core_(its) {}

    void start() override {
      work.emplace(invoke());
      work->start(*scope, *this);
    }
    void destroy_task() noexcept override { work.reset(); }
    void clear() noexcept override {
      emitted.clear();
      record.reset();
    }
    bool is_done() const noexcept override { return work && work->is_done(); }
    std::exception_ptr problem() const noexcept override { return work->promise().problem(); }

   private:
    task<result> invoke() {
      if constexpr (emits) {
        if constexpr (functions::callable<F, const In&, emitter<Out>&>) {
          return functions::call(core_.function, self, std::as_const(*record), emitted);
        } else {
          return functions::call(core_.function, self, *record, emitted);
        }
      } else {
        return invoke_plain();
      }
    }
    task<result> invoke_plain() {
      if constexpr (functions::callable<F, const In&>) {
        if (core_.keeps_record()) return functions::call(core_.function, self, std::as_const(*record));
      }
      if constexpr (functions::callable<F, In>) {
        return functions::call(core_.function, self, std::move(*record));
      } else {
        return functions::call(core_.function, self, *record);
      }
    }

   public:
    emitter<Out> emitted;

   private:
    core& core_;

   public:
    std::optional<In> record;
    std::optional<task<result>> work;
  };

 public:
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (requires { F::forgets; }) return F::forgets;
    return std::nullopt;
  }
  async_function_operator(Extract extract, F function, async_options bounds, error_policy policy)
      : async_operator(bounds, policy), extract_(std::move(extract)), prototype_(std::move(function)) {}

 private:
  std::shared_ptr<async_core> make_core(context& self) override {
    auto made = std::make_shared<core>(self, std::move(prototype_), policy_.keeps_record());
    function_ = &made->function;
    return made;
  }
  bool makes_any_number() const noexcept override { return Shape != async_shape::one; }
  void open_function(context& self) override {
    functions::open(*function_, self);
    if constexpr (requires { function_->recovered(self); }) set_recovered(function_->recovered(self));
  }
  void close_function() override { functions::close(*function_); }

  void load(async_call& into, std::size_t position, bool consume) override {
    auto& records = static_cast<batch<In>&>(*input_);
    auto& to = static_cast<call&>(into);
    if constexpr (std::copy_constructible<In>) {
      if (!consume) {
        to.record.emplace(std::as_const(records[position]));
      } else {
        to.record.emplace(std::move(records[position]));
      }
    } else {
      to.record.emplace(std::move(records[position]));
    }
    if constexpr (holds_views<In>) {
      if (!records.blocks().empty()) to.blocks = records.blocks();
    }
  }

  std::size_t take_result(async_call& from) override {
    auto& its = static_cast<call&>(from);
    if constexpr (Shape == async_shape::range) {
      result all = its.work->promise().take();
      for (auto&& one : all) {
        add(Out(std::move(one)), its);
        its.has_emitted = true;
      }
    } else if constexpr (emits) {
      return take_emitted(from);
    } else {
      add(its.work->promise().take(), its);
    }
    return made_ ? made_->size() : 0;
  }
  std::size_t take_emitted(async_call& from) override {
    if constexpr (emits) {
      auto& its = static_cast<call&>(from);
      if (!its.emitted.empty()) {
        for (Out& one : its.emitted.take()) add(std::move(one), its);
      }
    }
    return made_ ? made_->size() : 0;
  }
  void add(Out one, const call& its) {
    if (!made_) made_ = batch<Out>::make(self_->pool(), self_->batch_size());
    if (made_->room() == 0) grow();
    made_->emplace_back(std::move(one));
    if (its.item) made_->add_items()[made_->size() - 1] = its.item;
    if (its.time != no_event_time || made_->times()) made_->add_times()[made_->size() - 1] = its.time;
    if (its.lap != loop_mark{} || made_->laps()) made_->add_laps()[made_->size() - 1] = its.lap;
    if constexpr (holds_views<Out>) {
      for (const auto& block : its.blocks) made_->retain(block);
    }
  }
  // A task that returned more than fits: its results leave together.
  void grow() {
    auto bigger = batch<Out>::make(self_->pool(), made_->capacity() * 2);
    for (Out& one : *made_) bigger->emplace_back(std::move(one));
    carry_columns(*made_, 0, made_->size(), *bigger, 0);
    bigger->retain_blocks_of(*made_);
    made_ = std::move(bigger);
  }
  batch_ref take_made() override {
    if (!made_) return {};
    return erase(std::exchange(made_, {}));
  }

  call_queue& queue_of(std::size_t position) override {
    const auto& records = static_cast<const batch<In>&>(*input_);
    return queues_.try_emplace(owned_key(std::invoke(extract_, records[position]))).first->second;
  }
  // Queues of keys without calls stay until there are many: an agent's next request is likely to come.
  void drop_queue(call_queue&) override {
    if (queues_.size() < sweep_at_) return;
    std::erase_if(queues_, [](const auto& entry) { return entry.second.first == nullptr; });
    sweep_at_ = std::max(idle_queues_max, 2 * queues_.size());  // else many busy keys are looked through at every end
  }

  const void* record_of(const async_call& of) const noexcept override {
    const auto& its = static_cast<const call&>(of);
    return its.record ? &*its.record : nullptr;
  }
  const record_packing* packing(std::uint32_t input) const noexcept override {
    return input == 0 ? record_packing_of<In>() : nullptr;
  }
  std::string show_record(const async_call& of) const override {
    const auto& its = static_cast<const call&>(of);
    return its.record ? show(*its.record) : std::string();
  }
  std::string_view record_name() const noexcept override { return record_type_of<In>().name; }

  struct key_hash {
    std::size_t operator()(const owned_key& key) const noexcept { return stable_hash(key); }
  };
  static constexpr std::size_t idle_queues_max = 4096;
  std::size_t sweep_at_ = idle_queues_max;

  Extract extract_;
  F prototype_;  // moved into the core when it is opened
  F* function_ = nullptr;
  ref<batch<Out>> made_;
  std::unordered_map<owned_key, call_queue, key_hash> queues_;
};

}  // namespace sage::operators
