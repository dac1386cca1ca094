/// What a function of the user may ask of the place it runs in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sage/base/clock.hpp"
#include "sage/base/event_time.hpp"
#include "sage/base/rng.hpp"
#include "sage/model/batch_pool.hpp"

namespace sage {

class item_scope;
class span_recorder;
namespace state {
class keyed_store;
class state_backend;
}  // namespace state
namespace functions {
class blocking_port;
class side_outputs;
}  // namespace functions
namespace operators {
class loop_gauge;
}
class timer_service;

/// The engine's ear: lets a source that reported `read_status::idle` say that there is something to read now, and
/// tells blocking code when to give up. Thread-safe.
class waker {
 public:
  virtual ~waker() = default;
  /// Makes the instance run again soon. May be called from any thread, also when the instance is gone.
  virtual void wake() noexcept = 0;
  /// Whether the job wants this instance to stop: for loops that block outside the engine's sight.
  [[nodiscard]] virtual bool stop_requested() const noexcept = 0;
  /// A file descriptor that becomes readable when a stop is requested, for poll(2); -1 where there is none.
  [[nodiscard]] virtual int stop_descriptor() const noexcept { return -1; }
};

/// One instance's surroundings: who it is, and the ports to the outside. Handed to `open(context&)` and, when it
/// takes one, to the function itself. Valid until `close()` has returned; not for use from other threads.
class context {
 public:
  context(std::string job, std::string operator_name, std::size_t instance, std::size_t parallelism,
          std::size_t batch_size, const clock& time, ref<batch_pool> pool, std::uint64_t seed)
      : job_(std::move(job)),
        operator_name_(std::move(operator_name)),
        instance_(instance),
        parallelism_(parallelism),
        batch_size_(batch_size),
        clock_(&time),
        pool_(std::move(pool)),
        random_(seed) {}

  [[nodiscard]] const std::string& job() const noexcept { return job_; }
  [[nodiscard]] const std::string& operator_name() const noexcept { return operator_name_; }
  /// The operator's identity across versions of the graph.
  [[nodiscard]] const std::string& operator_uid() const noexcept { return operator_uid_; }
  void set_operator_uid(std::string uid) { operator_uid_ = std::move(uid); }
  /// Which of the operator's parallel copies this is, from 0.
  [[nodiscard]] std::size_t instance() const noexcept { return instance_; }
  [[nodiscard]] std::size_t parallelism() const noexcept { return parallelism_; }
  /// Records per batch that outputs should aim at.
  [[nodiscard]] std::size_t batch_size() const noexcept { return batch_size_; }
  [[nodiscard]] const clock& time() const noexcept { return *clock_; }
  [[nodiscard]] const ref<batch_pool>& pool() const noexcept { return pool_; }
  /// Seeded random bits (splitmix64): the same in every run with the same seed, different per instance.
  std::uint64_t random() noexcept { return random_.next(); }

  /// The engine's ear for this instance; null where a test made the context. Shared: it may outlive the instance.
  [[nodiscard]] const std::shared_ptr<waker>& engine() const noexcept { return engine_; }
  void set_engine(std::shared_ptr<waker> engine) noexcept { engine_ = std::move(engine); }

  /// Where blocking code of coroutines runs; null where a test made the context.
  [[nodiscard]] const std::shared_ptr<functions::blocking_port>& blocking() const noexcept { return blocking_; }
  void set_blocking(std::shared_ptr<functions::blocking_port> port) noexcept { blocking_ = std::move(port); }

  /// Who records spans; null where nobody does.
  [[nodiscard]] span_recorder* spans() const noexcept { return spans_.get(); }
  [[nodiscard]] const std::shared_ptr<span_recorder>& shared_spans() const noexcept { return spans_; }
  void set_spans(std::shared_ptr<span_recorder> spans) noexcept { spans_ = std::move(spans); }
  /// The span that what is done now is a part of; 0 is none. Async calls have one each.
  [[nodiscard]] std::uint64_t span() const noexcept { return span_; }
  void set_span(std::uint64_t id) noexcept { span_ = id; }

  /// How long an operator may work before others should get their turn.
  [[nodiscard]] nanoseconds turn_max() const noexcept { return turn_max_; }
  void set_turn_max(nanoseconds turn) noexcept { turn_max_ = turn; }

  /// The side outputs of this operator; null where it has none. See sage::side_output.
  [[nodiscard]] functions::side_outputs* side_outputs() const noexcept { return side_outputs_; }
  void set_side_outputs(functions::side_outputs* sides) noexcept { side_outputs_ = sides; }
  /// Where keyed state goes that doesn't stay in memory; null where all of it does.
  [[nodiscard]] state::state_backend* state_backend() const noexcept { return state_backend_.get(); }
  void set_state_backend(std::shared_ptr<state::state_backend> backend) noexcept {
    state_backend_ = std::move(backend);
  }
  /// Whether checkpoints are taken of the job: then what sinks have written stays when it stops, to be continued.
  [[nodiscard]] bool is_checkpointed() const noexcept { return !run_.empty(); }
  /// Names the run of a job that is checkpointed, over all its restarts: the same for all of its instances.
  [[nodiscard]] const std::string& run() const noexcept { return run_; }
  /// Whether `restore` follows on `open`.
  [[nodiscard]] bool is_restoring() const noexcept { return restoring_; }
  /// Whether what a checkpoint holds of states that are gone may be dropped.
  [[nodiscard]] bool may_lose_state() const noexcept { return may_lose_state_; }
  void set_checkpointed(std::string run, bool restoring, bool may_lose_state = false) {
    run_ = std::move(run);
    restoring_ = restoring;
    may_lose_state_ = may_lose_state;
  }
  /// The keyed state of this operator, or null where the operator isn't a keyed `process`.
  [[nodiscard]] state::keyed_store* keyed_state() const noexcept { return keyed_state_; }
  void set_keyed_state(state::keyed_store* store) noexcept { keyed_state_ = store; }
  /// The timers of the current key, in a keyed process whose function has `on_timer`. Throws errc::invalid_argument
  /// elsewhere. It stays valid as long as the operator: functions may keep a pointer from `open`.
  [[nodiscard]] timer_service& timers() const;
  void set_timers(timer_service* timers) noexcept { timers_ = timers; }

  /// The item of the record that the function is being called with, or null for a record that belongs to none. Only
  /// during the call; a function that keeps it longer takes a share:
  /// `sage::ref<sage::item_scope>::share(self.item())`.
  [[nodiscard]] item_scope* item() const noexcept { return item_; }
  void set_item(item_scope* item) noexcept { item_ = item; }

  /// In a tool of an agent whose turns are kept: names this act, the same whenever it is tried again after a crash.
  /// For what is behind the tool, to recognise a repetition. Empty elsewhere.
  [[nodiscard]] const std::string& idempotency_key() const noexcept { return idempotency_key_; }
  void set_idempotency_key(std::string key) { idempotency_key_ = std::move(key); }

  /// The event time of the record that the function is being called with; `no_event_time` when it has none.
  [[nodiscard]] event_time timestamp() const noexcept { return timestamp_; }
  void set_timestamp(event_time time) noexcept { timestamp_ = time; }
  /// Where the two are kept, for state that goes by them.
  [[nodiscard]] const event_time& timestamp_place() const noexcept { return timestamp_; }
  [[nodiscard]] const event_time& watermark_place() const noexcept { return watermark_; }

  /// In a loop: how often the record has come back to the loop's head. Behind it: how often it did.
  [[nodiscard]] std::uint32_t iteration() const noexcept { return iteration_; }
  void set_iteration(std::uint32_t iteration) noexcept { iteration_ = iteration; }
  /// What the head of a loop counts by; null elsewhere.
  [[nodiscard]] const std::shared_ptr<operators::loop_gauge>& loop() const noexcept { return loop_; }
  void set_loop(std::shared_ptr<operators::loop_gauge> loop) noexcept { loop_ = std::move(loop); }

  /// How far event time has come at this operator: no record with an event time up to it is expected any more.
  [[nodiscard]] event_time watermark() const noexcept { return watermark_; }
  void set_watermark(event_time time) noexcept { watermark_ = time; }

  /// Where messages name this instance: `"count[1]"`.
  [[nodiscard]] std::string place() const { return operator_name_ + "[" + std::to_string(instance_) + "]"; }

 private:
  std::string job_;
  std::string operator_name_;
  std::string operator_uid_;
  std::size_t instance_;
  std::size_t parallelism_;
  std::size_t batch_size_;
  const clock* clock_;
  ref<batch_pool> pool_;
  rng random_;
  nanoseconds turn_max_ = 250'000;
  state::keyed_store* keyed_state_ = nullptr;
  timer_service* timers_ = nullptr;
  functions::side_outputs* side_outputs_ = nullptr;
  item_scope* item_ = nullptr;
  event_time timestamp_ = no_event_time;
  event_time watermark_ = no_event_time;
  std::uint32_t iteration_ = 0;
  std::shared_ptr<operators::loop_gauge> loop_;
  std::shared_ptr<state::state_backend> state_backend_;
  std::shared_ptr<waker> engine_;
  std::shared_ptr<functions::blocking_port> blocking_;
  std::shared_ptr<span_recorder> spans_;
  std::uint64_t span_ = 0;
  std::string idempotency_key_;
  std::string run_;
  bool restoring_ = false;
  bool may_lose_state_ = false;
};

}  // namespace sage
