// sage: the command line tool. Running pipelines from files comes with the declarative pipelines.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include <sage/version.hpp>

#include "sage/app/checkpoints_command.hpp"
#include "sage/app/dlq_command.hpp"
#include "sage/app/doctor.hpp"
#include "sage/app/editor.hpp"
#include "sage/app/ledger_command.hpp"
#include "sage/app/nearest_name.hpp"
#include "sage/base/error.hpp"

namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;

const char* const help =
    "sage: the command line tool of SAGE, a runtime for agent pipelines\n"
    "\n"
    "Usage:\n"
    "  sage doctor     looks at the build, the machine and the environment: what is there, what a job would use,\n"
    "                  what is wrong and what to do about it\n"
    "  sage checkpoints list DIR                what is in a directory of checkpoints\n"
    "  sage checkpoints verify DIR              reads all of it; exit code 1 where anything is damaged\n"
    "  sage checkpoints prune DIR [--keep N]    removes all but the newest N (1)\n"
    "  sage dlq list DIR [--state STATE] [--operator NAME]   the dead letters in a directory\n"
    "  sage dlq show DIR N                                   all that is known of one\n"
    "  sage dlq edit DIR N [--set FIELD=VALUE]...            changes its record, by field or in $EDITOR\n"
    "  sage dlq replay DIR N...|--all                        has the job that runs, or the next one, try again\n"
    "  sage dlq purge DIR N...|--replayed|--all              removes letters\n"
    "  sage ledger --at HOST:PORT | --checkpoint DIR         the books of a job that runs, or of its newest "
    "checkpoint\n"
    "  sage version    shows the version\n"
    "  sage help       shows this\n"
    "\n"
    "Pipelines are programs of their own, each with the commands run and graph:\n"
    "  word_count run --input book.txt --output counts.csv             runs it\n"
    "  word_count graph --input book.txt --output counts.csv --explain  shows how it would run, and why\n"
    "  word_count --help                                               shows its options and the settings\n"
    "Here are agent_service (a shop's agents over HTTP), word_count (words of files), log_stats (figures per\n"
    "service from logs) and ask (answers from documents).\n"
    "\n"
    "Exit code: 0 done, 1 a problem was found, 2 wrong usage.\n";

int print(const std::string& text, int code = done) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) std::perror("sage: error: stdout");
  return written ? code : failed;
}

int doctor() {
  const std::vector<sage::apps::finding> findings = sage::apps::examine();
  const bool is_well = std::all_of(findings.begin(), findings.end(), [](const auto& f) { return f.problem.empty(); });
  return print(sage::apps::report_of(findings), is_well ? done : failed);
}

int refuse(const std::string& what, const std::string& advice) {
  std::fprintf(stderr, "sage: error: %s (%s)\n", what.c_str(), advice.c_str());
  return wrong_usage;
}

// A command whose errors are wrong usage or failures, by their code.
int report(const std::function<sage::apps::command_outcome()>& command) {
  try {
    const sage::apps::command_outcome outcome = command();
    return print(outcome.text, outcome.good ? done : failed);
  } catch (const sage::error& problem) {
    std::fprintf(stderr, "sage: error: %s\n", problem.what());
    return problem.code() == sage::errc::configuration ? wrong_usage : failed;
  }
}

int run(const std::vector<std::string>& arguments) {
  const std::string advice = "sage help shows the commands";
  if (arguments.empty()) return refuse("the command is missing", advice);
  const std::string& command = arguments.front();
  const auto asks_for_help = [](const std::string& text) { return text == "--help" || text == "-h"; };
  if (command == "help" || asks_for_help(command)) return print(help);
  if (command == "run" || command == "graph") {
    return refuse("'" + command + "' is a command of each pipeline's own program",
                  "word_count " + command + " --help");
  }
  if (arguments.size() == 2 && asks_for_help(arguments[1])) return print(help);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (command == "checkpoints") return report([&] { return sage::apps::checkpoints_command(rest); });
  if (command == "ledger") return report([&] { return sage::apps::ledger_command(rest); });
  if (command == "dlq")
    return report([&] { return sage::apps::dlq_command("sage", rest, sage::apps::edit_in_editor); });
  if (arguments.size() > 1) return refuse("unexpected argument '" + arguments[1].substr(0, 80) + "'", advice);
  if (command == "version" || command == "--version") return print("sage " SAGE_VERSION_STRING "\n");
  if (command == "doctor") return doctor();
  const std::vector<std::string> commands{"checkpoints", "dlq", "doctor", "ledger", "version", "help"};
  return refuse("unknown command '" + command.substr(0, 80) + "'",
                sage::apps::did_you_mean(command, commands, "", advice));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "sage: error: %s\n", problem.what());
    return failed;
  }
}
