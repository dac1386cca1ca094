/// What makes a program of a pipeline: name, options, help, and the commands `run` and `graph`.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/app/options.hpp"

namespace sage {

class environment;
class job;
struct job_result;

/// Says more about an option right where it is declared.
template <option_type T>
class option_declaration {
 public:
  explicit option_declaration(option_spec& spec) : spec_(&spec) {}

  /// Refuses to run without a value.
  option_declaration& required() {
    spec_->required = true;
    return *this;
  }
  /// The value when nobody gives one.
  option_declaration& fallback(T value) {
    spec_->fallback = stored(std::move(value));
    return *this;
  }
  /// What help shows for the value: "FILE". Options with several values are shown with dots behind it.
  option_declaration& shown_as(std::string placeholder) {
    spec_->placeholder = std::move(placeholder);
    return *this;
  }
  /// The unit of a number, for help: "ms".
  option_declaration& unit(std::string name) {
    spec_->unit = std::move(name);
    return *this;
  }
  /// All values that are allowed.
  option_declaration& choices(std::vector<std::string> names) requires std::same_as<T, std::string> ||
      std::same_as<T, std::vector<std::string>> {
    spec_->placeholder.clear();
    for (const std::string& one : names) spec_->placeholder += (spec_->placeholder.empty() ? "" : "|") + one;
    spec_->choices = std::move(names);
    return *this;
  }
  /// The limits of a number, inclusive.
  option_declaration& between(T least, T most) requires std::is_arithmetic_v<T> {
    spec_->least = static_cast<double>(least);
    spec_->most = static_cast<double>(most);
    return *this;
  }
  /// A law of its own: `.must(is_even, "must be even")`.
  template <std::predicate<const T&> F>
  option_declaration& must(F holds, std::string text) {
    spec_->check = [holds = std::move(holds), text = std::move(text)](const option_value& value) {
      return holds(loaded(value)) ? std::nullopt : std::optional<std::string>(text);
    };
    return *this;
  }

 private:
  static option_value stored(T value) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      return static_cast<std::int64_t>(value);
    } else {
      return value;
    }
  }
  static T loaded(const option_value& value) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      return static_cast<T>(std::get<std::int64_t>(value));
    } else {
      return std::get<T>(value);
    }
  }

  option_spec* spec_;
};

/// Whether the user wants to stop; for what an app does after its job. Thread-safe.
class interruption {
 public:
  virtual ~interruption() = default;
  /// After SIGINT or SIGTERM.
  [[nodiscard]] virtual bool requested() const noexcept = 0;
  /// Becomes readable with the request, for poll(2) beside the descriptor that is waited for.
  [[nodiscard]] virtual int descriptor() const noexcept = 0;
};

/// A command of an app's own that runs no pipeline: `name PARAMETER [options]`.
struct app_action {
  std::string name;       ///< words, as they are typed: "callers add"
  std::string parameter;  ///< what the one value behind it is called in help: "TENANT"
  std::string brief;
  /// Does it and returns what goes to stdout. Throws what went wrong.
  std::function<std::string(const std::string& value, const options&)> act;
};

/// Another command of a program beside `run`, with a pipeline of its own and the same options.
class app_command {
 public:
  app_command(std::string name, std::string brief) : name_(std::move(name)), brief_(std::move(brief)) {}

  /// As those of `app`, for this command.
  app_command& check(std::function<void(const options&)> function) {
    check_ = std::move(function);
    return *this;
  }
  app_command& build(std::function<void(environment&, const options&)> function) {
    build_ = std::move(function);
    return *this;
  }
  app_command& finish(std::function<void(const job_result&, const options&, const interruption&)> function) {
    finish_ = std::move(function);
    return *this;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& brief() const noexcept { return brief_; }

 private:
  friend class app;
  std::string name_;
  std::string brief_;
  std::function<void(const options&)> check_;
  std::function<void(environment&, const options&)> build_;
  std::function<void(const job_result&, const options&, const interruption&)> finish_;
};

/// A program around one pipeline: what `app_main` needs to know. Made anew for each command.
///
///     sage::app word_count() {
///       sage::app app("word_count", "counts the words of files");
///       app.option<std::vector<std::string>>("input", "files to read").shown_as("PATH").required();
///       app.option<std::string>("output", "where the counts go").shown_as("FILE").required();
///       app.build([](sage::environment& env, const sage::options& given) {
///         env.from_source(sage::file::slices(given.get<std::vector<std::string>>("input")))...;
///       });
///       return app;
///     }
///     int main(int argc, char** argv) { return sage::app_main(argc, argv, word_count); }
class app {
 public:
  using checker = std::function<void(const options&)>;
  using builder = std::function<void(environment&, const options&)>;
  using preparer = std::function<void(const options&)>;
  using attendant = std::function<void(job&, const options&, const interruption&)>;
  using finisher = std::function<void(const job_result&, const options&, const interruption&)>;

  /// `name` is the program's, and the job's; `brief` one line for the top of help, in lower case, without a period.
  app(std::string name, std::string brief) : name_(std::move(name)), brief_(std::move(brief)) {}

  /// The paragraphs of `--help` behind the brief.
  app& help(std::string text) {
    help_ = std::move(text);
    return *this;
  }
  /// A command line that works, for `--help`, with one line on what it does.
  app& example(std::string command, std::string what) {
    examples_.emplace_back(std::move(command), std::move(what));
    return *this;
  }
  /// Declares `--name VALUE`, a flag for bool, `--name VALUE...` for a vector. Its value may also come from the
  /// environment and from `--config`, as any setting of SAGE; whose names are taken.
  template <option_type T>
  option_declaration<T> option(std::string name, std::string brief) {
    option_spec& spec = options_.emplace_back();
    spec.name = std::move(name);
    spec.brief = std::move(brief);
    if constexpr (std::same_as<T, bool>) {
      spec.kind = option_kind::flag;
      spec.fallback = false;
    } else if constexpr (std::integral<T>) {
      spec.kind = option_kind::integer;
      spec.placeholder = "N";
      if constexpr (sizeof(T) < sizeof(std::int64_t) || std::is_unsigned_v<T>) {
        spec.least = static_cast<double>(std::numeric_limits<T>::min());
      }
      if constexpr (sizeof(T) < sizeof(std::int64_t)) spec.most = static_cast<double>(std::numeric_limits<T>::max());
    } else if constexpr (std::same_as<T, double>) {
      spec.kind = option_kind::number;
      spec.placeholder = "X";
    } else {
      spec.kind = std::same_as<T, std::string> ? option_kind::text : option_kind::texts;
      spec.placeholder = "TEXT";
    }
    return option_declaration<T>(spec);
  }
  /// Called with all values before anything else is done, for what concerns several of them. Throws sage::error; the
  /// program then ends with exit code 2.
  app& check(checker function) {
    check_ = std::move(function);
    return *this;
  }
  /// Called by `run` alone, before the pipeline is declared, to open what it needs: the place for files, databases,
  /// keys. Throws what went wrong; the program then ends with exit code 1.
  app& prepare(preparer function) {
    prepare_ = std::move(function);
    return *this;
  }
  /// Declares the pipeline. Must not read or open anything by itself: `graph` calls it as well.
  app& build(builder function) {
    build_ = std::move(function);
    return *this;
  }
  /// Called when the job has been started, beside it: to say where it is reached, to drain it when enough was seen.
  /// What it throws cancels the job, and the program ends with exit code 1.
  app& on_running(attendant function) {
    on_running_ = std::move(function);
    return *this;
  }
  /// Called once the job is done, to print results on stdout or to go on with what it made. Throws what went wrong.
  app& finish(finisher function) {
    finish_ = std::move(function);
    return *this;
  }
  /// The same for a function that ends by itself soon.
  template <std::invocable<const job_result&, const options&> F>
  app& finish(F function) {
    finish_ = [function = std::move(function)](const job_result& done, const options& given, const interruption&) {
      function(done, given);
    };
    return *this;
  }

  /// Adds an action, a command that runs no pipeline: `name` is what is typed ("callers add"), `parameter` what its
  /// one value is called. All options of the app may be given with it.
  app& action(app_action added) {
    actions_.push_back(std::move(added));
    return *this;
  }

  /// Adds a command: `ask index` beside `ask run`. `brief` is its line in help. What is `required` is so for all.
  app_command& command(std::string name, std::string brief) {
    return commands_.emplace_back(std::move(name), std::move(brief));
  }
  /// This program with the pipeline of one of its commands in the place of its own.
  [[nodiscard]] app with_command(const app_command& chosen) const {
    app its = *this;
    its.check_ = chosen.check_;
    its.build_ = chosen.build_;
    its.finish_ = chosen.finish_;
    return its;
  }

  [[nodiscard]] const std::deque<app_command>& commands() const noexcept { return commands_; }
  [[nodiscard]] const std::vector<app_action>& actions() const noexcept { return actions_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& brief() const noexcept { return brief_; }
  [[nodiscard]] const std::string& help() const noexcept { return help_; }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& examples() const noexcept {
    return examples_;
  }
  [[nodiscard]] const std::deque<option_spec>& options_declared() const noexcept { return options_; }
  [[nodiscard]] const checker& checking() const noexcept { return check_; }
  [[nodiscard]] const preparer& preparing() const noexcept { return prepare_; }
  [[nodiscard]] const attendant& attending() const noexcept { return on_running_; }
  [[nodiscard]] const builder& building() const noexcept { return build_; }
  [[nodiscard]] const finisher& finishing() const noexcept { return finish_; }

 private:
  std::string name_;
  std::string brief_;
  std::string help_;
  std::vector<std::pair<std::string, std::string>> examples_;
  std::deque<option_spec> options_;
  std::vector<app_action> actions_;
  std::deque<app_command> commands_;
  checker check_;
  preparer prepare_;
  builder build_;
  attendant on_running_;
  finisher finish_;
};

/// The whole program: reads the command line, runs the command, returns the exit code of the process: 0 done or
/// drained, 1 failed or cancelled, 2 wrong usage. Results go to stdout, everything else to stderr. Handles SIGINT,
/// SIGTERM and SIGPIPE of this process, so call it from `main` and nowhere else.
int app_main(int argc, char** argv, const std::function<app()>& describe);

}  // namespace sage
