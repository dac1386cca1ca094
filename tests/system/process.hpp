/// Runs programs of the build as a user would: arguments, environment, signals in; exit code, stdout and stderr out.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace sage::testing {

/// What a program has left behind.
struct finished_process {
  int exit_code = -1;  ///< 128 + number when a signal ended it
  std::string out;
  std::string err;
  std::uint64_t peak_bytes = 0;  ///< of memory in use at once; of its own children when it is a shell
};

/// A program that runs. Killed when it dies, and after a minute, so that no test can hang.
class process {
 public:
  using variables = std::vector<std::pair<std::string, std::string>>;

  /// Starts `program` of the build's folder of programs, or the one at an absolute path. Of the environment it gets
  /// PATH, HOME and `environment`.
  process(const std::string& program, std::vector<std::string> arguments, const variables& environment = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  void send(int signal) const;
  /// Closes our end of its stdout, as `head` does.
  void close_stdout();
  /// Reads until `text` has come on stdout or stderr. False when the program ended before.
  bool wait_for(const std::string& text);
  /// What was read of stdout so far.
  [[nodiscard]] const std::string& seen_out() const noexcept { return seen_.out; }
  /// Reads on until the program has ended.
  finished_process wait();

 private:
  // False when both are at their end.
  bool read_more();

  pid_t id_ = -1;
  int out_ = -1;
  int err_ = -1;
  finished_process seen_;
};

/// Starts and waits.
[[nodiscard]] finished_process run(const std::string& program, std::vector<std::string> arguments,
                                   const process::variables& environment = {});

/// Lets /bin/sh run `script` and waits; the folder of the build's programs is `$bin`.
[[nodiscard]] finished_process run_shell(const std::string& script);

/// A folder for one test, removed with everything in it.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::string path_;
};

}  // namespace sage::testing
