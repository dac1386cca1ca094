/// The port to the signals of the process: SIGINT and SIGTERM become a drain, then a cancel.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "sage/api/job.hpp"
#include "sage/app/app.hpp"
#include "sage/base/clock.hpp"
#include "sage/runtime/stop_signal.hpp"

namespace sage::apps {

class console;

/// Takes SIGINT and SIGTERM of the process, and ignores SIGPIPE, for as long as it lives. Make it before any other
/// thread: those started later inherit that they don't get these signals. A thread of its own waits for them, so
/// whatever is done about one is ordinary code.
///
/// Before a job: ends the process, as nothing has been done that could be finished or undone.
/// During a job: the first drains it, the second cancels it, the third ends the process.
/// After it:     the first asks the app to stop, the second ends the process.
///
/// The same signal again within a moment is the same wish: a terminal and timeout(1) tell the process and then its
/// whole group.
class signal_watch final : public interruption {
 public:
  explicit signal_watch(console& to);
  ~signal_watch() override;
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// The job that signals concern from now on.
  void job_started(job started);
  /// From now on they concern what the app does next.
  void job_ended();

  [[nodiscard]] bool requested() const noexcept override { return stop_.is_requested(); }
  [[nodiscard]] int descriptor() const noexcept override { return stop_.descriptor(); }

 private:
  enum class phase : std::uint8_t { before, during, after };
  struct taken;  // what the process had before

  void watch();
  void on_signal(int number);

  console& console_;
  std::unique_ptr<taken> taken_;
  runtime::stop_signal stop_;  // asked for by the user
  runtime::stop_signal end_;   // of the thread
  std::mutex mutex_;
  phase phase_ = phase::before;
  std::optional<job> job_;
  int seen_ = 0;  // in this phase
  int last_number_ = 0;
  nanoseconds last_at_ = 0;
  std::thread thread_;
};

}  // namespace sage::apps
