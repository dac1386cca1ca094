/// The operations endpoint of an app: what its job looks like from outside.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sage/api/job.hpp"
#include "sage/app/options.hpp"
#include "sage/base/result.hpp"
#include "sage/serving/operations_server.hpp"

namespace sage::apps {

/// Where the setting `operations` says to listen; nothing when it is empty. Fails for an address that is none, or
/// that others can reach without `insecure`.
[[nodiscard]] result<std::optional<serving::address>> operations_address(const options& given);

/// Serves the endpoint for as long as it lives. Thread-safe.
class operations {
 public:
  /// Starts. `is_stopping` says whether the user wants the app to end; it is called on the server's thread. Throws
  /// errc::io for a port in use.
  operations(const serving::address& listen, bool insecure, std::function<bool()> is_stopping);

  /// The job that is shown from now on.
  void job_started(job started);

  [[nodiscard]] const serving::address& bound() const noexcept { return server_->bound(); }

 private:
  [[nodiscard]] std::optional<job> current() const;
  [[nodiscard]] bool is_ready() const;

  std::function<bool()> is_stopping_;
  mutable std::mutex mutex_;
  std::optional<job> job_;
  std::unique_ptr<serving::operations_server> server_;  // last: it asks the others
};

/// The books of a job as JSON: what every operator has taken in, emitted, filtered, dropped and given up on, summed
/// over its instances. As in docs/formats/ledger.schema.json.
[[nodiscard]] std::string ledger_json(const job& of);

}  // namespace sage::apps
