#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "sage/app/app.hpp"
#include "sage/app/command_line.hpp"
#include "sage/app/commands.hpp"
#include "sage/app/configuration.hpp"
#include "sage/app/dlq_command.hpp"
#include "sage/app/editor.hpp"
#include "sage/app/environment_variables.hpp"
#include "sage/app/help.hpp"
#include "sage/app/nearest_name.hpp"
#include "sage/app/operations.hpp"
#include "sage/app/settings.hpp"
#include "sage/app/signals.hpp"
#include "sage/app/standard_streams.hpp"
#include "sage/app/text_files.hpp"
#include "sage/app/yaml_file.hpp"

namespace sage {

namespace apps {
namespace {

constexpr std::size_t configuration_bytes_max = 1 << 20;

option_spec command_option(std::string name, option_kind kind, std::string placeholder) {
  option_spec spec;
  spec.name = std::move(name);
  spec.kind = kind;
  spec.placeholder = std::move(placeholder);
  return spec;
}

/// One call of the program: from its arguments to its exit code.
class program {
 public:
  program(app described, std::vector<std::string> arguments)
      : app_(std::move(described)), arguments_(std::move(arguments)) {
    for (const option_spec& spec : app_.options_declared()) specs_.push_back(spec);
    for (const option_spec& spec : settings_table()) specs_.push_back(spec);
  }

  int run() {
    if (auto problem = check_names(); !problem) return fail(problem.error(), exit_failed);
    const std::string command = arguments_.empty() ? std::string() : arguments_.front();
    if (command == "help" || command == "--help" || command == "-h") return print(help_text(app_, specs_));
    if (command == "version" || command == "--version") return print(version_text(app_.name()));
    if (command == "run" || command == "graph") return pipeline_command(command);
    if (command == "dlq") return dead_letters();
    for (const app_action& own : app_.actions()) {
      const std::vector<std::string> words = words_of(own.name);
      const bool fits =
          arguments_.size() >= words.size() && std::equal(words.begin(), words.end(), arguments_.begin());
      if (fits) return own_command(own, words.size());
    }
    for (const app_command& one : app_.commands()) {
      if (command != one.name()) continue;
      app_ = app_.with_command(one);
      return pipeline_command(command);
    }
    return fail(unknown_command(command), exit_wrong_usage);
  }

 private:
  // An option of the app that hides one of ours would never get its value.
  [[nodiscard]] result<void> check_names() const {
    std::vector<std::string> names{"help", "config", "dump-config"};
    for (const option_spec& spec : graph_options()) names.push_back(spec.name);
    for (const option_spec& spec : specs_) {
      if (std::find(names.begin(), names.end(), spec.name) != names.end()) {
        return error(errc::invalid_argument,
                     "the app declares the option '" + spec.name + "', which is there already", {},
                     "give it another name");
      }
      names.push_back(spec.name);
    }
    if (!app_.building()) return error(errc::invalid_argument, "the app has no pipeline", {}, "call app.build(...)");
    return {};
  }

  [[nodiscard]] error unknown_command(const std::string& command) const {
    const std::string advice = app_.name() + " --help shows what there is";
    if (command.empty())
      return error(errc::configuration, "the command is missing", {}, "write " + app_.name() + " run ...; " + advice);
    if (command.starts_with('-')) {
      return error(errc::configuration, "the command is missing before " + command, {},
                   "write " + app_.name() + " run " + command + " ...");
    }
    std::vector<std::string> commands{"run", "graph", "dlq", "help", "version"};
    for (const app_action& own : app_.actions()) commands.push_back(own.name);
    for (const app_command& one : app_.commands()) commands.push_back(one.name());
    return error(errc::configuration, "unknown command '" + command.substr(0, 80) + "'", {},
                 did_you_mean(command, commands, "", advice));
  }

  static std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      words.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
  }

  int own_command(const app_action& own, std::size_t words) {
    const std::string usage = app_.name() + " " + own.name + " " + own.parameter;
    if (arguments_.size() == words || arguments_[words].starts_with('-')) {
      const bool wants_help =
          arguments_.size() > words && (arguments_[words] == "--help" || arguments_[words] == "-h");
      if (wants_help) return print(help_text(app_, specs_));
      return fail(error(errc::configuration, "the value behind '" + own.name + "' is missing", {}, "write " + usage),
                  exit_wrong_usage);
    }
    auto given =
        parse_command_line(specs_, {arguments_.begin() + static_cast<std::ptrdiff_t>(words) + 1, arguments_.end()});
    if (!given) return fail(given.error(), exit_wrong_usage);
    const auto values = configure(specs_, *std::move(given), std::nullopt);
    if (!values) return fail(values.error(), exit_wrong_usage);
    try {
      return print(own.act(arguments_[words], *values));
    } catch (const error& problem) {
      return fail(problem, problem.code() == errc::configuration ? exit_wrong_usage : exit_failed);
    }
  }

  int dead_letters() {
    const bool wants_help = arguments_.size() == 2 && (arguments_[1] == "--help" || arguments_[1] == "-h");
    if (wants_help) return print(help_text(app_, specs_));
    try {
      const command_outcome outcome = dlq_command(app_.name(), std::span(arguments_).subspan(1), edit_in_editor);
      const int code = print(outcome.text);
      return outcome.good ? code : exit_failed;
    } catch (const error& problem) {
      return fail(problem, problem.code() == errc::configuration ? exit_wrong_usage : exit_failed);
    }
  }

  int pipeline_command(const std::string& command) {
    std::vector<option_spec> typed = specs_;
    if (command == "graph") typed.insert(typed.end(), graph_options().begin(), graph_options().end());
    const std::size_t with_values = typed.size();
    typed.push_back(command_option("help", option_kind::flag, ""));
    typed.push_back(command_option("config", option_kind::text, "FILE"));
    typed.push_back(command_option("dump-config", option_kind::flag, ""));

    auto given = parse_command_line(typed, {arguments_.begin() + 1, arguments_.end()});
    if (!given) return fail(given.error(), exit_wrong_usage);
    const bool wants_help = take(*given, "help").has_value();
    if (wants_help) return print(help_text(app_, specs_));
    const auto path = take(*given, "config");
    const bool dumps = take(*given, "dump-config").has_value();

    const std::span<const option_spec> specs(typed.data(), with_values);
    auto values = configure(specs, *std::move(given), path);
    if (!values) return fail(values.error(), exit_wrong_usage);
    if (dumps) return print(dump_configuration(app_.name(), *values));
    return execute(command, *values);
  }

  // Removes an option that is for this call alone and returns its text.
  static std::optional<std::string> take(std::vector<given_option>& given, std::string_view name) {
    const auto found =
        std::find_if(given.begin(), given.end(), [&](const given_option& g) { return g.name == name; });
    if (found == given.end()) return std::nullopt;
    std::string text = found->texts.empty() ? std::string() : std::move(found->texts.front());
    given.erase(found);
    return text;
  }

  result<options> configure(std::span<const option_spec> specs, std::vector<given_option> given,
                            std::optional<std::string> path) {
    configuration_sources sources;
    sources.command_line = std::move(given);
    sources.variables = sage_variables();
    doubts_ = doubtful_variables(specs, sources.variables);
    if (!path && sources.variables.count("SAGE_CONFIG") > 0) path = sources.variables["SAGE_CONFIG"];
    if (path) {
      const auto text = read_text_file(*path, configuration_bytes_max);
      if (!text) return text.error();
      auto in_file = parse_yaml(*text, *path, specs_);
      if (!in_file) return in_file.error();
      sources.file = *std::move(in_file);
    }
    return resolve(specs, sources);
  }

  int execute(const std::string& command, const options& given) {
    console to(app_.name(), log_level_of(given.get<std::string>("log-level")).value_or(log_level::warn),
               given.get<std::string>("log-format") == "json" ? log_form::json : log_form::human);
    for (const std::string& doubt : doubts_) to.log().write(log_level::warn, doubt);
    try {
      check_required(given).value();
      static_cast<void>(environment_settings(given).value());
      static_cast<void>(engine_settings(given).value());
      static_cast<void>(operations_address(given).value());
      if (app_.checking()) app_.checking()(given);
    } catch (const error& problem) {
      to.error(problem);
      return exit_wrong_usage;
    }
    return command == "graph" ? guarded_graph(given, to) : run_command(app_, given, to);
  }

  int guarded_graph(const options& given, console& to) {
    try {
      return graph_command(app_, given, to);
    } catch (const error& problem) {
      to.error(problem);
    } catch (const std::exception& problem) {
      to.error(error(errc::internal, problem.what()));
    }
    return exit_failed;
  }

  int print(const std::string& text) {
    console to(app_.name(), log_level::warn, log_form::human);
    return print_result(text, to) ? exit_done : exit_failed;
  }

  int fail(const error& problem, int code) {
    console(app_.name(), log_level::warn, log_form::human).error(problem);
    return code;
  }

  app app_;
  std::vector<std::string> arguments_;
  std::vector<option_spec> specs_;
  std::vector<std::string> doubts_;
};

}  // namespace
}  // namespace apps

int app_main(int argc, char** argv, const std::function<app()>& describe) {
  apps::guard_closed_standard_streams();
  const apps::write_signal_guard signals;
  try {
    return apps::program(describe(), std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)).run();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s: error: %s\n", argc > 0 ? argv[0] : "sage", problem.what());
    return apps::exit_failed;
  }
}

}  // namespace sage
