#include "sage/app/configuration.hpp"

#include <algorithm>
#include <utility>

#include "sage/app/nearest_name.hpp"

namespace sage::apps {

namespace {

// In the environment a list is one text, as in PATH.
std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(':', begin);
    std::string part = text.substr(begin, end == std::string::npos ? end : end - begin);
    if (!part.empty()) parts.push_back(std::move(part));
    if (end == std::string::npos) break;
  }
  return parts;
}

const given_option* find(const std::vector<given_option>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const given_option& g) { return g.name == name; });
  return found == all.end() ? nullptr : &*found;
}

class resolver {
 public:
  resolver(const option_spec& spec, const configuration_sources& sources) : sources_(sources) {
    resolved_.spec = spec;
    resolved_.value = spec.fallback;
    resolved_.place = "default";
  }

  // Weakest first, so that the strongest stays.
  result<resolved_option> run() {
    if (const given_option* in_file = find(sources_.file, resolved_.spec.name)) {
      if (auto problem = take(*in_file, option_origin::file); !problem) return problem.error();
    }
    const std::string variable = variable_name(resolved_.spec.name);
    if (const auto set = sources_.variables.find(variable); set != sources_.variables.end()) {
      given_option given{resolved_.spec.name, {set->second}, variable};
      if (resolved_.spec.kind == option_kind::texts) given.texts = split_at_colons(set->second);
      if (auto problem = take(given, option_origin::environment); !problem) return problem.error();
    }
    if (const given_option* typed = find(sources_.command_line, resolved_.spec.name)) {
      if (auto problem = take(*typed, option_origin::command_line); !problem) return problem.error();
    }
    return std::move(resolved_);
  }

 private:
  result<void> take(const given_option& given, option_origin origin) {
    auto value = parse_value(resolved_.spec, given.texts);
    if (!value) {
      const std::string& name = resolved_.spec.name;
      const std::string where = origin == option_origin::file ? given.place + ": " + name : given.place;
      return value.error().at(where);
    }
    resolved_.value = *std::move(value);
    resolved_.origin = origin;
    resolved_.place = given.place;
    return {};
  }

  const configuration_sources& sources_;
  resolved_option resolved_;
};

std::string_view origin_name(option_origin origin) {
  switch (origin) {
    case option_origin::fallback: return "default";
    case option_origin::file: return "file";
    case option_origin::environment: return "environment";
    case option_origin::command_line: return "command line";
  }
  return "unknown";
}

}  // namespace

result<options> resolve(std::span<const option_spec> specs, const configuration_sources& sources) {
  std::vector<resolved_option> all;
  all.reserve(specs.size());
  for (const option_spec& spec : specs) {
    auto one = resolver(spec, sources).run();
    if (!one) return one.error();
    all.push_back(*std::move(one));
  }
  return options(std::move(all));
}

result<void> check_required(const options& all) {
  for (const resolved_option& one : all.all()) {
    if (!one.spec.required) continue;
    const auto* texts = one.value ? std::get_if<std::vector<std::string>>(&*one.value) : nullptr;
    if (one.value && (texts == nullptr || !texts->empty())) continue;
    return error(errc::configuration, "--" + one.spec.name + " is missing", {},
                 "write --" + one.spec.name + " " + one.spec.placeholder + ": " + one.spec.brief);
  }
  return {};
}

std::vector<std::string> doubtful_variables(std::span<const option_spec> specs,
                                            const std::map<std::string, std::string>& variables) {
  std::vector<std::string> known{"SAGE_CONFIG"};
  for (const option_spec& spec : specs) known.push_back(variable_name(spec.name));
  std::vector<std::string> warnings;
  for (const auto& [name, value] : variables) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    for (const std::string& one : known) {
      if (edit_distance(name, one) > 2) continue;
      warnings.push_back("the environment variable " + name + " is none of SAGE's; did you mean " + one + "?");
      break;
    }
  }
  return warnings;
}

std::string dump_configuration(const std::string& program, const options& all) {
  struct line {
    std::string text;
    std::string comment;
  };
  std::vector<line> lines;
  std::size_t width = 0;
  for (const resolved_option& one : all.all()) {
    line made{one.spec.name + ": " + (one.value ? yaml_value(one.spec, *one.value) : "null"), "no value"};
    if (one.value) made.comment = origin_name(one.origin);
    if (one.origin != option_origin::fallback) made.comment += ": " + one.place;
    constexpr std::size_t width_max = 48;
    if (made.text.size() <= width_max) width = std::max(width, made.text.size());
    lines.push_back(std::move(made));
  }
  std::string text = "# The configuration of " + program + ", and where each value comes from.\n";
  for (line& one : lines) {
    one.text.resize(std::max(width, one.text.size()), ' ');
    text += one.text + "  # " + one.comment + "\n";
  }
  return text;
}

}  // namespace sage::apps
