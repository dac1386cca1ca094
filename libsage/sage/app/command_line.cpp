#include "sage/app/command_line.hpp"

#include <algorithm>
#include <utility>

#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "sage/app/nearest_name.hpp"
#include "sage/app/settings.hpp"

namespace sage::apps {

namespace {

namespace po = boost::program_options;

po::options_description describe(std::span<const option_spec> specs) {
  po::options_description all;
  for (const option_spec& spec : specs) {
    std::unique_ptr<po::typed_value<std::vector<std::string>>> semantic(po::value<std::vector<std::string>>());
    if (spec.kind == option_kind::flag) {
      semantic->zero_tokens();
    } else if (spec.kind == option_kind::texts) {
      semantic->multitoken();
    }
    all.add_options()(spec.name.c_str(), semantic.release());
  }
  return all;
}

// "--output" or "-o" as the user wrote it, without dashes and value.
std::string bare(std::string name) {
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  return name.substr(0, name.find('='));
}

error wrong(std::string what, std::string where, std::string advice = {}) {
  return error(errc::configuration, std::move(what), std::move(where), std::move(advice));
}

std::string with_value(std::span<const option_spec> specs, const std::string& name) {
  for (const option_spec& spec : specs) {
    if (spec.name == name) return "write --" + name + " " + spec.placeholder;
  }
  return "give it a value";
}

result<std::vector<given_option>> gather(const std::vector<po::option>& parsed, std::span<const option_spec> specs) {
  std::vector<given_option> all;
  for (const po::option& one : parsed) {
    if (one.string_key.empty() || one.position_key >= 0) {
      return wrong("unexpected argument '" + (one.value.empty() ? std::string() : one.value.front()) + "'", {},
                   "values follow their option: --option VALUE; --help lists the options");
    }
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const option_spec& s) { return s.name == one.string_key; });
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const given_option& g) { return g.name == one.string_key; });
    std::vector<std::string> texts = one.value;
    if (spec->kind == option_kind::flag) texts = {"true"};
    if (known == all.end()) {
      all.push_back(given_option{one.string_key, std::move(texts), "--" + one.string_key});
    } else if (spec->kind == option_kind::texts) {
      known->texts.insert(known->texts.end(), texts.begin(), texts.end());
    } else {
      return wrong("is given twice", "--" + one.string_key, "give it once");
    }
  }
  return all;
}

}  // namespace

error unknown_option(std::string_view name, std::span<const option_spec> specs, std::string_view prefix) {
  std::vector<std::string> names;
  std::string for_caf;
  for (const option_spec& spec : specs) {
    if (is_for_caf(spec.name)) for_caf += (for_caf.empty() ? "" : ", ") + std::string(prefix) + spec.name;
    names.push_back(spec.name);
  }
  const std::string shown = std::string(prefix) + std::string(name.substr(0, 80));
  if (is_for_caf(name)) {
    return wrong(shown + " is not among the settings of CAF that can be set", {}, "these can: " + for_caf);
  }
  return wrong("unknown option " + shown, {}, did_you_mean(name, names, prefix, "--help lists the options"));
}

result<std::vector<given_option>> parse_command_line(std::span<const option_spec> specs,
                                                     const std::vector<std::string>& arguments) {
  const po::options_description description = describe(specs);
  try {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::command_line_parser parser(arguments);
    const auto parsed = parser.options(description).style(style).run();
    return gather(parsed.options, specs);
  } catch (const po::unknown_option& problem) {
    return unknown_option(bare(problem.get_option_name()), specs, "--");
  } catch (const po::invalid_command_line_syntax& problem) {
    const std::string name = bare(problem.get_option_name());
    switch (problem.kind()) {
      case po::invalid_syntax::extra_parameter: return wrong("takes no value", "--" + name, "write --" + name);
      case po::invalid_syntax::missing_parameter:
      case po::invalid_syntax::empty_adjacent_parameter:
        return wrong("needs a value", "--" + name, with_value(specs, name));
      default: return wrong(problem.what(), "--" + name);
    }
  } catch (const po::error& problem) {
    return wrong(problem.what(), {}, "--help lists the options");
  }
}

}  // namespace sage::apps
