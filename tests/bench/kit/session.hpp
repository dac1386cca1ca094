/// One bench: competitors that run in turn, figures with what they should be, a table and a line of JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sage::bench {

/// What one run of a competitor took.
struct run_time {
  double wall_s = 0;
  double cpu_s = 0;
};

/// One competitor and its runs, in the order of the rounds.
struct series {
  std::string name;
  std::function<void()> run;
  double work = 0;  ///< records, words, ... of one run
  std::vector<run_time> times;
};

/// A figure to reach: what was measured and what was wanted.
struct figure {
  enum class wanted : unsigned char { at_least, at_most, nothing };
  std::string what;
  double value = 0;
  std::string unit;
  wanted relation = wanted::nothing;
  double bound = 0;

  [[nodiscard]] bool is_met() const noexcept {
    return relation == wanted::nothing || (relation == wanted::at_least ? value >= bound : value <= bound);
  }
};

/// Runs competitors in turn, so that whatever else the machine does meets all of them alike, and compares them round
/// by round: a ratio of two runs that follow each other says more than two averages of an hour.
///
/// Options of every bench: `--rounds N`, `--only NAME` (runs that competitor once and nothing else: for profilers and
/// for measuring memory), `--record FILE` (appends the JSON), `--table FILE` (appends a section of Markdown),
/// `--scale X` (less work, for a first look), `--strict` (a figure that isn't reached is a failure).
class session {
 public:
  /// `unit` is what the competitors work on: "records". The bench is named like its program.
  session(int argc, char** argv, std::string unit);

  /// Adds a competitor. `run` does `work` units of work and checks its own result.
  void add(std::string name, double work, std::function<void()> run);
  /// Runs every competitor once without counting it, then all of them in every round. With `--only`: that one, once.
  void run_rounds();
  [[nodiscard]] bool is_single_run() const noexcept { return !only_.empty(); }
  /// Whether this competitor takes part in the run.
  [[nodiscard]] bool wants(std::string_view name) const noexcept { return only_.empty() || only_ == name; }

  /// How many times as fast as `other` the competitor `name` is: the median over the rounds, by wall time.
  [[nodiscard]] double times_as_fast(std::string_view name, std::string_view other) const;
  /// The same against whichever of `others` is the fastest in each round.
  [[nodiscard]] double times_as_fast_as_best(std::string_view name, const std::vector<std::string>& others) const;
  /// The same by CPU time: says what the work costs, whatever else keeps the cores busy.
  [[nodiscard]] double cpu_ratio(std::string_view name, std::string_view other) const;
  [[nodiscard]] const series& at(std::string_view name) const;

  void add_figure(figure one) { figures_.push_back(std::move(one)); }
  void at_least(std::string what, double value, std::string unit, double bound);
  void at_most(std::string what, double value, std::string unit, double bound);
  void note(std::string what, double value, std::string unit);

  /// Prints the table, records the JSON. Returns the exit code: 0 when all was measured, whether or not every figure
  /// was reached, unless `--strict` wants them reached.
  int finish();

  [[nodiscard]] std::size_t rounds() const noexcept { return rounds_; }
  [[nodiscard]] double scale() const noexcept { return scale_; }
  /// What stands behind the options: for benches with a mode of their own.
  [[nodiscard]] const std::vector<std::string>& arguments() const noexcept { return arguments_; }

 private:
  void time_once(series& one, bool counts);
  void print() const;
  void record() const;
  void write_table() const;

  std::string name_;
  std::string unit_;
  std::string only_;
  std::string record_file_;
  std::string table_file_;
  bool strict_ = false;
  std::size_t rounds_ = 5;
  double scale_ = 1;
  std::vector<std::string> arguments_;
  std::vector<series> series_;
  std::vector<figure> figures_;
  double begun_wall_ = 0;
  double begun_cpu_ = 0;
  double begun_machine_ = 0;
  double begun_load_ = 0;
};

[[nodiscard]] double median(std::vector<double> values);
/// The value below which the share `q` of the values lies.
[[nodiscard]] double quantile(std::vector<double> values, double q);

/// Ends the program with a message when a result is wrong: a fast wrong answer is no figure.
void check(bool holds, const char* what);

}  // namespace sage::bench
