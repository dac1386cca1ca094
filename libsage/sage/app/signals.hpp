/// The port to the signals of the process: SIGINT and SIGTERM become a drain, then a cancel.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "sage/api/job.hpp"
#include "sage/app/app.hpp"
#include "sage/app/stop_wishes.hpp"
#include "sage/runtime/stop_signal.hpp"

namespace sage::apps {

class console;

/// Ignores SIGPIPE and SIGXFSZ for as long as it lives: a write to a closed pipe, or beyond the limit of a file's
/// size, is then an error of that write.
class write_signal_guard {
 public:
  write_signal_guard();
  ~write_signal_guard();
  write_signal_guard(const write_signal_guard&) = delete;
  write_signal_guard& operator=(const write_signal_guard&) = delete;

 private:
  struct before;
  std::unique_ptr<before> before_;
};

/// Takes SIGINT and SIGTERM of the process for as long as it lives. Make it before any other
/// thread: those started later inherit that they don't get these signals. A thread of its own waits for them, so
/// whatever is done about one is ordinary code. What a signal means is decided by `stop_wishes`.
class signal_watch final : public interruption {
 public:
  explicit signal_watch(console& to);
  ~signal_watch() override;
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// A job is about to be submitted: a signal that comes from now on is kept for it.
  void job_starting();
  /// The job that signals concern from now on.
  void job_started(job started);
  /// From now on they concern what the app does next.
  void job_ended();

  [[nodiscard]] bool requested() const noexcept override { return stop_.is_requested(); }
  [[nodiscard]] int descriptor() const noexcept override { return stop_.descriptor(); }

 private:
  struct taken;  // what the process had before

  void watch();
  void on_signal(int number);
  void drain(const std::string& why);

  console& console_;
  std::unique_ptr<taken> taken_;
  runtime::stop_signal stop_;  // asked for by the user
  runtime::stop_signal end_;   // of the thread
  std::mutex mutex_;
  stop_wishes wishes_;
  std::optional<job> job_;
  std::thread thread_;
};

}  // namespace sage::apps
