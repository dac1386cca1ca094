#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include "sage/api/environment.hpp"
#include "sage/app/commands.hpp"
#include "sage/app/operations.hpp"
#include "sage/app/progress.hpp"
#include "sage/app/settings.hpp"
#include "sage/app/signals.hpp"
#include "sage/app/stuck_watch.hpp"
#include "sage/app/terminal.hpp"
#include "sage/app/text_files.hpp"
#include "sage/base/file_system.hpp"

namespace sage::apps {

namespace {

constexpr nanoseconds progress_interval = 500'000'000;

/// One run, from the first signal handler to the exit code.
class runner {
 public:
  runner(const app& described, const options& given, console& to)
      : described_(described), given_(given), console_(to), signals_(to) {}

  int run() {
    try {
      if (!start_operations()) return exit_failed;
      if (described_.preparing()) described_.preparing()(given_);
      environment_ = make_environment(given_);
      described_.building()(*environment_, given_);
      signals_.job_starting();
      const job started = environment_->submit(described_.name());
      signals_.job_started(started);
      if (operations_) operations_->job_started(started);
      log_start(started);
      log_recovery(started);
      attend(started);
      wait(started);
      signals_.job_ended();
      return end(started);
    } catch (const error& problem) {
      return fail(problem);
    } catch (const std::exception& problem) {
      return fail(error(errc::internal, problem.what()));
    }
  }

 private:
  [[nodiscard]] log_place here() const { return log_place{described_.name(), {}, {}}; }

  int fail(const error& problem) {
    console_.error(problem, described_.name());
    return exit_failed;
  }

  void log_start(const job& started) {
    const graph::physical_plan& plan = started.record()->plan();
    console_.log().write(log_level::info, "job started", here(),
                         {{"engine", std::string_view(engine_)},
                          {"operators", plan.graph.nodes.size()},
                          {"actors", plan.instances.size()},
                          {"channels", plan.channels.size()},
                          {"after_a_crash", started.record()->settings().checkpoints
                                                ? std::string_view("goes on from its newest checkpoint")
                                                : std::string_view("begins again from nothing")}});
  }

  // What a crash would cost, and what this run goes on from: never silently.
  void log_recovery(const job& started) {
    const auto& checkpoints = started.record()->settings().checkpoints;
    if (!checkpoints) return;  // said where the start is logged
    for (const error& damaged : checkpoints->passed_over) {
      console_.log().write(log_level::warn, "a checkpoint was passed over", here(),
                           {{"problem", std::string_view(damaged.what())}});
    }
    if (const auto& from = checkpoints->restored) {
      console_.note("goes on from checkpoint " + std::to_string(from->content().epoch));
    } else if (!given_.get<std::string>("restore").empty()) {
      console_.note("there is no checkpoint yet: begins from the start");
    }
  }

  // Whoever starts us reads from the first line where we are, also when the system has picked the port.
  [[nodiscard]] bool start_operations() {
    const auto listen = operations_address(given_).value();
    if (!listen) return true;
    operations_ =
        std::make_unique<operations>(*listen, given_.get<bool>("insecure"), [this] { return signals_.requested(); });
    return print_result("operations http://" + operations_->bound().to_string() + "\n", console_);
  }

  // When what the app does beside its job goes wrong, the job is given up.
  void attend(const job& started) {
    if (!described_.attending()) return;
    job shown = started;
    try {
      described_.attending()(shown, given_, signals_);
      return;
    } catch (const error& problem) {
      static_cast<void>(fail(problem));
    } catch (const std::exception& problem) {
      static_cast<void>(fail(error(errc::internal, problem.what())));
    }
    gave_up_ = true;
    shown.cancel();
  }

  [[nodiscard]] bool shows_progress() const {
    const auto wish = given_.get<std::string>("progress");
    return wish == "on" || (wish == "auto" && stderr_is_terminal());
  }

  void wait(const job& started) {
    stuck_watch stuck(described_.name(), given_, console_);
    const bool shows = shows_progress();
    progress shown(started.record()->plan());
    // Nothing is shown of a job that ends at once.
    while (!is_final(started.record()->wait(progress_interval))) {
      if (shows) console_.show_progress(shown.line(started.metrics(), stderr_columns()));
      stuck.look(*started.record());
    }
    if (shows) console_.show_progress("");
  }

  int end(const job& ended) {
    const job_metrics metrics = ended.metrics();
    log_end(ended, metrics);
    int code = gave_up_ ? exit_failed : exit_done;
    const auto problem = ended.problem();
    if (ended.state() == job_state::suspended) {
      console_.note("stopped at checkpoint " + std::to_string(ended.checkpoints().last_epoch) +
                    "; --restore latest goes on from there");
    } else if (ended.state() != job_state::done && !gave_up_) {
      const bool is_quiet = problem && problem->code() == errc::io && stdout_reader_has_gone();  // as in `... | head`
      if (!is_quiet) code = fail(problem ? *problem : error(errc::internal, "the job ended without a cause"));
    }
    if (!write_metrics(metrics)) code = exit_failed;
    if (ended.state() != job_state::done) return code;
    if (described_.finishing() && !finish(job_result{ended.name(), ended.state(), metrics.seconds, metrics})) {
      code = exit_failed;
    }
    return print_result("", console_) ? code : exit_failed;
  }

  // False when the app's last step failed; that nobody reads its results any more is no failure.
  [[nodiscard]] bool finish(const job_result& done) {
    try {
      described_.finishing()(done, given_, signals_);
    } catch (const error& problem) {
      if (is_closed_stream(problem) && stdout_reader_has_gone()) return true;
      static_cast<void>(fail(problem));
      return false;
    }
    return true;
  }

  void log_end(const job& ended, const job_metrics& metrics) {
    std::uint64_t read = 0, written = 0, dropped = 0, dead = 0;
    for (const graph::node& n : ended.record()->plan().graph.nodes) {
      const operator_metrics sum = metrics.total(n.name);
      if (n.is_source()) read += sum.records_out;
      if (n.is_sink()) written += sum.records_in;
      dropped += sum.dropped;
      dead += sum.dead_lettered;
    }
    for (const operator_metrics& one : metrics.operators) {
      if (one.dropped + one.dead_lettered == 0) continue;
      console_.log().write(log_level::warn, "records were given up on by error policy",
                           {described_.name(), one.name, one.instance},
                           {{"dropped", one.dropped}, {"dead_lettered", one.dead_lettered}});
    }
    if (const auto letters = given_.get<std::string>("dlq"); dead > 0 && !letters.empty()) {
      console_.note(std::to_string(dead) + (dead == 1 ? " record is" : " records are") +
                    " kept: " + described_.name() + " dlq list " + letters);
    }
    for (const error& failure : ended.failures()) {
      if (ended.state() == job_state::failed) break;  // it is said anyway
      console_.log().write(log_level::warn, "the job had failed and began again from its newest checkpoint", here(),
                           {{"problem", std::string_view(failure.what())}});
    }
    const runtime::checkpoint_history checkpoints = ended.checkpoints();
    if (checkpoints.failed > 0) {
      console_.log().write(
          log_level::warn, "checkpoints were given up", here(),
          {{"number", checkpoints.failed}, {"last_problem", std::string_view(checkpoints.last_problem)}});
    }
    console_.log().write(log_level::info, "job ended", here(),
                         {{"state", metrics.state},
                          {"seconds", metrics.seconds},
                          {"checkpoints", checkpoints.completed},
                          {"records_read", read},
                          {"records_written", written},
                          {"dropped", dropped},
                          {"dead_lettered", dead}});
  }

  [[nodiscard]] bool write_metrics(const job_metrics& metrics) {
    const auto path = given_.get<std::string>("metrics");
    if (path.empty()) return true;
    const auto written = replace_text_file(path, metrics.to_json());
    if (!written) console_.error(written.error(), described_.name());
    return written.has_value();
  }

  const app& described_;
  const options& given_;
  console& console_;
  signal_watch signals_;
  std::string engine_ = given_.get<std::string>("engine");
  std::unique_ptr<environment> environment_;
  std::unique_ptr<operations> operations_;
  bool gave_up_ = false;  // and has said why
};

}  // namespace

std::unique_ptr<environment> make_environment(const options& given) {
  environment_options settings = environment_settings(given).value();
  if (const auto spans = given.get<std::string>("spans"); !spans.empty()) {
    settings.spans = make_span_file(spans, system_clock());
  }
  runtime::local_engine_options engine = engine_settings(given).value();
  if (given.get<std::string>("engine") == "reference") {
    return std::make_unique<reference_environment>(std::move(settings));
  }
  return std::make_unique<local_environment>(std::move(settings), std::move(engine));
}

bool print_result(const std::string& text, console& to) {
  // What an app has printed by itself waits in the same buffer.
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  const bool flushed = std::fflush(stdout) == 0;
  if (written && flushed && std::ferror(stdout) == 0) return true;
  const int number = errno;
  if (number == EPIPE || stdout_reader_has_gone()) return true;
  to.error(error(errc::io, "can't write: " + std::generic_category().message(number), "stdout"));
  return false;
}

int run_command(const app& described, const options& given, console& to) {
  return runner(described, given, to).run();
}

}  // namespace sage::apps
