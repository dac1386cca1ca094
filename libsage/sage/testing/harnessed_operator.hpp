/// One operator outside any engine, watched: what it emits, what it counts, and whether it keeps the contract.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/context.hpp"
#include "sage/operators/operator.hpp"
#include "sage/state/ordered_store.hpp"
#include "sage/testing/manual_clock.hpp"

namespace sage::testing {

/// The surroundings that a harness gives its operator.
struct harness_options {
  std::string name = "operator";  ///< in dead letters and errors
  std::size_t batch_size = 1024;  ///< records per batch that the operator is told to aim at
  std::uint32_t ports = 1;        ///< ordinary outputs, numbered from 0
  std::size_t instance = 0;
  std::size_t parallelism = 1;
  std::uint64_t seed = 1;                                 ///< of context::random
  std::shared_ptr<state::state_backend> state = nullptr;  ///< where keyed state goes; null keeps it in memory
};

/// The untyped core of `operator_harness`: drives an operator as an engine would, and plays its output.
///
/// Checked all the time, and reported as errc::user_function with the operator's name:
///
/// Law  in = passed + filtered + dropped + dead + held, and nothing is held once the input has ended
/// Law  a fate never shrinks; every dead letter that is counted has been emitted
/// Law  nothing is emitted but from within on_batch, resume and on_end, on a port that exists, of the right type
/// Law  after a refused emission at most one more batch leaves per port before the operator suspends
/// Law  a batch that others hold too is not changed
///
/// Using it against the order of calls (resume though nothing is suspended, input after the end) is the test's own
/// mistake: errc::invalid_argument.
class harnessed_operator final : private operators::output {
 public:
  struct emission {
    std::uint32_t port;
    batch_ref records;
  };

  /// Opens the operator. `out` is the record type of its ordinary outputs; null for a sink.
  harnessed_operator(operators::operator_ptr logic, harness_options options, const record_type* out);
  /// Aborts and closes what is still open, as an engine does.
  ~harnessed_operator();
  harnessed_operator(const harnessed_operator&) = delete;
  harnessed_operator& operator=(const harnessed_operator&) = delete;

  operators::flow on_batch(batch_ref records);
  operators::flow on_input(std::uint32_t input, batch_ref records);
  /// Event time has come to `time` in front of the operator.
  operators::flow advance(event_time time);
  operators::flow resume();
  operators::flow end();
  /// Async operators: lets them go on with what has been completed meanwhile.
  operators::flow wake();
  /// Resumes until the operator is through: lets refused output flow again and moves the clock to each retry.
  /// Returns suspended when the operator waits for its outside instead.
  operators::flow settle();
  void prepare(std::uint64_t epoch);
  void commit(std::uint64_t epoch);
  void abort();
  void close();

  /// The output refuses emission number `number` (from 0): it takes the batch and wants a pause until `resume`.
  void refuse_at(std::size_t number) { refused_.insert(number); }
  /// The output refuses every emission from now on, or none but those of `refuse_at`.
  void refuse_all(bool refuse = true) noexcept { refuse_all_ = refuse; }

  [[nodiscard]] const std::vector<emission>& emissions() const noexcept { return emissions_; }
  /// Takes what was emitted so far out of the harness, which otherwise keeps it, items and all, until it dies.
  [[nodiscard]] std::vector<emission> take_emissions() noexcept { return std::exchange(emissions_, {}); }
  /// The request ids of the items of the records emitted on `port`; empty where a record has none.
  [[nodiscard]] std::vector<std::string> request_ids(std::uint32_t port) const;
  /// The event times of the records emitted on `port`; `no_event_time` where a record has none.
  [[nodiscard]] std::vector<event_time> times(std::uint32_t port) const;
  /// How far event time has come behind the operator.
  [[nodiscard]] event_time watermark() const noexcept { return logic_->watermark(); }
  [[nodiscard]] bool is_idle() const noexcept { return logic_->is_idle(); }
  [[nodiscard]] bool is_suspended() const noexcept { return suspended_; }
  /// How often a call has come back suspended.
  [[nodiscard]] std::size_t suspensions() const noexcept { return suspensions_; }
  [[nodiscard]] std::optional<nanoseconds> retry_at() const noexcept { return logic_->retry_at(); }
  [[nodiscard]] operators::state_size state_size() const noexcept { return logic_->state_size_now(); }
  [[nodiscard]] const operators::fate& fates() const noexcept { return logic_->fates(); }
  /// Records taken in whose fate is open.
  [[nodiscard]] std::uint64_t held() const noexcept { return in_ - fates().sum(); }
  /// Async operators: whether something waits for `wake` or `resume`; when a timer of theirs is due.
  [[nodiscard]] bool has_news() const noexcept { return logic_->has_news() || logic_->has_yielded(); }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept { return logic_->wake_at(); }
  /// How often the operator's outside has asked the engine to run it again.
  [[nodiscard]] std::size_t wakes() const noexcept;
  [[nodiscard]] manual_clock& time() noexcept { return time_; }
  [[nodiscard]] context& self() noexcept { return self_; }

 private:
  class counting_waker;
  enum class phase : std::uint8_t { open, ended, failed, closed };

  bool emit(std::uint32_t port, batch_ref records) override;
  template <class Call>
  operators::flow call(const char* what, Call&& call);
  void expect(bool holds, const char* what) const;
  [[noreturn]] void violated(const std::string& what) const;
  operators::flow tell_end();
  void check_books();

  operators::operator_ptr logic_;
  harness_options options_;
  const record_type* out_;
  manual_clock time_;
  std::shared_ptr<counting_waker> waker_;
  context self_;

  phase phase_ = phase::open;
  bool in_call_ = false;
  bool suspended_ = false;
  bool end_told_ = false;  // the test has ended the input
  bool ending_ = false;    // on_end was called and isn't through
  bool blocked_ = false;   // the output refused and was not resumed since
  bool refuse_all_ = false;
  std::set<std::size_t> refused_;
  std::vector<std::uint32_t> after_refusal_;  // emissions per port since then
  std::size_t suspensions_ = 0;
  std::vector<emission> emissions_;
  std::size_t emitted_ = 0;
  std::uint64_t in_ = 0;
  std::uint64_t dead_letters_ = 0;
  operators::fate before_;
};

}  // namespace sage::testing
