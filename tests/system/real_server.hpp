/// A script of tests/real that serves, as a process of its own.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <signal.h>

#include "tests/system/process.hpp"

namespace sage::testing {

/// Runs a script of tests/real with the packages of tools/setup_node and waits until it listens; throws what it said
/// when it doesn't, also that nothing is installed.
class real_server {
 public:
  explicit real_server(std::string script, std::vector<std::string> arguments = {})
      : process_(SAGE_SOURCE_DIR "/tests/real/run", command(std::move(script), std::move(arguments))) {
    const std::string announcement = "listening on ";
    if (!process_.wait_for(announcement) || !process_.wait_for("\n")) throw std::runtime_error(process_.wait().err);
    const std::string& seen = process_.seen_out();
    const std::size_t begin = seen.find(announcement) + announcement.size();
    root_ = seen.substr(begin, seen.find('\n', begin) - begin);
  }

  /// "http://127.0.0.1:4711"
  [[nodiscard]] const std::string& root() const noexcept { return root_; }
  /// As clients are configured with: "http://127.0.0.1:4711/v1".
  [[nodiscard]] std::string base_url() const { return root_ + "/v1"; }

  /// Ends it as a crash would.
  void kill() const { process_.send(SIGKILL); }

  /// Runs a script of tests/real to its end.
  [[nodiscard]] static finished_process run_script(std::string script, std::vector<std::string> arguments,
                                                   const process::variables& environment = {}) {
    return run(SAGE_SOURCE_DIR "/tests/real/run", command(std::move(script), std::move(arguments)), environment);
  }

 private:
  static std::vector<std::string> command(std::string script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::move(script));
    return arguments;
  }

  process process_;
  std::string root_;
};

}  // namespace sage::testing
