/// The port behind run_blocking, so that a simulation can run blocking code in its own order.
#pragma once

#include <cstddef>
#include <memory>

namespace sage::functions {

/// One piece of blocking work. Owned by whoever submits it, who keeps it alive until `run` has returned.
class blocking_job {
 public:
  virtual void run() noexcept = 0;

 protected:
  ~blocking_job() = default;
};

/// Thread-safe.
class blocking_port {
 public:
  virtual ~blocking_port() = default;
  /// Will run the job once, on some thread. Throws errc::limit when too many are waiting.
  virtual void submit(blocking_job& job) = 0;
  /// Takes a job back that has not begun; returns whether it did.
  virtual bool withdraw(blocking_job& job) noexcept = 0;
};

/// Bounds of a pool.
struct blocking_limits {
  std::size_t threads_max = 16;     ///< started as they are needed
  std::size_t waiting_max = 65536;  ///< jobs that wait for a thread; capacity bounds them long before
};

/// Threads of its own, started when first needed. Its destructor does not wait for jobs that still run.
[[nodiscard]] std::shared_ptr<blocking_port> make_blocking_pool(blocking_limits limits = {});

/// Runs each job at once, within `submit`: for tests and simulations.
[[nodiscard]] std::shared_ptr<blocking_port> make_inline_blocking();

}  // namespace sage::functions
