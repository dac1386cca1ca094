#include "sage/app/help.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <sage/version.hpp>

namespace sage::apps {

namespace {

constexpr std::size_t width_max = 100;

// Breaks `text` at spaces into lines that begin with `indent` spaces; the first line has `used` of them already.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t used) {
  std::string all;
  std::size_t column = used;
  bool fresh = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!fresh && column + 1 + word.size() > width_max) {
      all += '\n' + std::string(indent, ' ');
      column = indent;
      fresh = true;
    }
    if (!fresh) all += ' ';
    column += word.size() + (fresh ? 0 : 1);
    all += word;
    fresh = false;
  }
  return all + '\n';
}

std::string left_side(const option_spec& spec) {
  std::string text = "--" + spec.name;
  if (spec.kind != option_kind::flag) text += " " + spec.placeholder;
  if (spec.kind == option_kind::texts) text += "...";
  return text;
}

std::string right_side(const option_spec& spec) {
  std::string text = spec.brief;
  if (spec.kind == option_kind::texts && !spec.choices.empty()) {
    text += ":";
    for (const std::string& choice : spec.choices) text += (text.back() == ':' ? " " : ", ") + choice;
  }
  std::string facts;
  const auto add = [&facts](const std::string& fact) { facts += (facts.empty() ? "" : "; ") + fact; };
  if (!spec.unit.empty() && spec.kind != option_kind::bytes && spec.kind != option_kind::duration) add(spec.unit);
  if (spec.required) add("required");
  if (spec.fallback && spec.kind != option_kind::flag) {
    const std::string shown = show_value(spec, *spec.fallback);
    if (!shown.empty()) add("default " + shown);
  }
  return facts.empty() ? text : text + " (" + facts + ")";
}

void add_options(std::string& to, const std::vector<const option_spec*>& specs) {
  constexpr std::size_t column = 32;
  for (const option_spec* spec : specs) {
    std::string line = "  " + left_side(*spec);
    if (line.size() + 2 > column) {
      to += line + '\n';
      line.clear();
    }
    line.resize(column, ' ');
    to += line + wrapped(right_side(*spec), column, column);
  }
}

std::string required_options(const app& described) {
  std::string line;
  for (const option_spec& spec : described.options_declared()) {
    if (spec.required) line += " " + left_side(spec);
  }
  return line;
}

}  // namespace

std::string help_text(const app& described, std::span<const option_spec> all) {
  const std::string& name = described.name();
  std::string text = name + ": " + described.brief() + "\n\nUsage:\n";
  const std::string required = required_options(described);
  text += "  " + name + " run" + required + " [options]\n";
  for (const app_command& one : described.commands()) {
    text += "  " + name + " " + one.name() + required + " [options]\n";
  }
  text += "  " + name + " graph" + required + " [--format text|dot|mermaid|json] [--explain] [options]\n";
  for (const app_action& own : described.actions()) {
    text += "  " + name + " " + own.name + " " + own.parameter + " [options]\n";
  }
  text += "  " + name + " dlq list|show|edit|replay|purge DIR ...\n";
  text += "  " + name + " help | version\n";
  if (!described.help().empty()) text += "\n" + described.help() + (described.help().back() == '\n' ? "" : "\n");
  if (!described.examples().empty()) text += "\nExamples:\n";
  for (const auto& [command, what] : described.examples()) text += "  # " + what + "\n  " + command + "\n";
  text +=
      "\nCommands:\n"
      "  run      runs the pipeline; results go to stdout, all else to stderr\n";
  for (const app_command& one : described.commands()) {
    std::string line = "  " + one.name();
    line.resize(std::max<std::size_t>(line.size() + 1, 11), ' ');
    text += line + wrapped(one.brief(), 11, 11);
  }
  for (const app_action& own : described.actions()) text += "  " + own.name + "  " + own.brief + "\n";
  text +=
      "  graph    shows the pipeline as it would run; --explain says why, pass by pass\n"
      "  dlq      shows what --dlq has kept, changes it, tries it again: list DIR, show DIR N,\n"
      "           edit DIR N [--set FIELD=VALUE]..., replay DIR N...|--all, purge DIR N...|--replayed|--all\n"
      "  help     shows this\n"
      "  version  shows the version\n";
  std::vector<const option_spec*> own, settings;
  for (const option_spec& spec : all) {
    const auto& declared = described.options_declared();
    const bool is_own =
        std::any_of(declared.begin(), declared.end(), [&](const option_spec& d) { return d.name == spec.name; });
    (is_own ? own : settings).push_back(&spec);
  }
  if (!own.empty()) text += "\nOptions of " + name + ":\n";
  add_options(text, own);
  text += "\nSettings of SAGE:\n";
  add_options(text, settings);
  text +=
      "  --config FILE                 read options from a YAML file: one 'option: value' per line\n"
      "  --dump-config                 show every option with its value and origin, and stop\n"
      "\nAn option is taken from the command line, else from the environment (SAGE_BATCH_SIZE for --batch-size),\n"
      "else from the file of --config, else it has its default.\n"
      "\nCtrl-C stops reading and finishes what was read; a second one gives up.\n"
      "Exit code: 0 done or drained, 1 failed or cancelled, 2 wrong usage.\n";
  return text;
}

std::string version_text(const std::string& program) {
  const std::string version = SAGE_VERSION_STRING;
  return program == "sage" ? "sage " + version + "\n" : program + " (SAGE " + version + ")\n";
}

}  // namespace sage::apps
