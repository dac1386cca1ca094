#include "sage/app/yaml_file.hpp"

#include <algorithm>
#include <utility>

#if SAGE_HAS_YAML
#include <yaml-cpp/yaml.h>
#endif

namespace sage::apps {

#if SAGE_HAS_YAML

namespace {

constexpr std::size_t depth_max = 8;
constexpr std::size_t items_max = 100'000;

// A failure on its way out of the recursion; never leaves this file.
struct broken {
  error problem;
};

class reader {
 public:
  reader(const std::string& file, std::span<const option_spec> specs) : file_(file), specs_(specs) {}

  std::vector<given_option> read(const YAML::Node& root) {
    if (root.IsNull() || !root.IsDefined()) return {};
    if (!root.IsMap()) fail(root.Mark(), "is not a mapping", "write one 'option: value' per line");
    read_map(root, "", 0);
    return std::move(all_);
  }

 private:
  [[nodiscard]] std::string place(const YAML::Mark& at) const {
    if (at.is_null()) return file_;
    return file_ + ":" + std::to_string(at.line + 1) + ":" + std::to_string(at.column + 1);
  }
  [[noreturn]] void fail(const YAML::Mark& at, std::string what, std::string advice = {}) const {
    throw broken{error(errc::configuration, std::move(what), place(at), std::move(advice))};
  }

  void read_map(const YAML::Node& map, const std::string& prefix, std::size_t depth) {
    if (depth > depth_max) fail(map.Mark(), "is nested too deeply", "options are nested at their dots only");
    std::vector<std::string> seen;
    for (const auto& entry : map) {
      const YAML::Mark at = entry.first.Mark();
      if (!entry.first.IsScalar()) fail(at, "a key must be the name of an option");
      const std::string key = prefix + entry.first.Scalar();
      if (std::find(seen.begin(), seen.end(), key) != seen.end())
        fail(at, "'" + key + "' is there twice", "keep one");
      seen.push_back(key);
      if (entry.second.IsMap() && is_prefix(key)) {
        read_map(entry.second, key + ".", depth + 1);
      } else {
        read_option(key, at, entry.second);
      }
    }
  }

  [[nodiscard]] bool is_prefix(const std::string& key) const {
    return std::any_of(specs_.begin(), specs_.end(),
                       [&](const option_spec& spec) { return spec.name.starts_with(key + "."); });
  }

  void read_option(const std::string& key, const YAML::Mark& at, const YAML::Node& value) {
    const auto spec = std::find_if(specs_.begin(), specs_.end(), [&](const option_spec& s) { return s.name == key; });
    if (spec == specs_.end()) {
      const error unknown = unknown_option(key, specs_, "");
      fail(at, unknown.message(), unknown.advice());
    }
    if (std::any_of(all_.begin(), all_.end(), [&](const given_option& g) { return g.name == key; })) {
      fail(at, "'" + key + "' is there twice, once nested", "keep one");
    }
    if (value.IsNull()) return;
    given_option given{key, {}, place(value.Mark())};
    const std::string expected = key + " must be " + std::string(kind_name(spec->kind));
    if (value.IsScalar()) {
      given.texts.push_back(value.Scalar());
    } else if (value.IsSequence() && spec->kind == option_kind::texts) {
      if (value.size() > items_max)
        fail(value.Mark(), key + " has more than " + std::to_string(items_max) + " values");
      for (const YAML::Node& item : value) {
        if (!item.IsScalar()) fail(item.Mark(), expected + ", and this one is not a text");
        given.texts.push_back(item.Scalar());
      }
    } else {
      fail(value.Mark(), expected + ", not " + (value.IsMap() ? "a mapping" : "a list"));
    }
    all_.push_back(std::move(given));
  }

  const std::string& file_;
  std::span<const option_spec> specs_;
  std::vector<given_option> all_;
};

}  // namespace

result<std::vector<given_option>> parse_yaml(std::string_view text, const std::string& file,
                                             std::span<const option_spec> specs) {
  try {
    return reader(file, specs).read(YAML::Load(std::string(text)));
  } catch (const broken& known) {
    return known.problem;
  } catch (const YAML::Exception& problem) {
    std::string where = file;
    if (!problem.mark.is_null()) {
      where += ":" + std::to_string(problem.mark.line + 1) + ":" + std::to_string(problem.mark.column + 1);
    }
    return error(errc::configuration, "is not YAML: " + problem.msg, std::move(where));
  }
}

#else

result<std::vector<given_option>> parse_yaml(std::string_view, const std::string& file,
                                             std::span<const option_spec>) {
  return error(errc::unsupported, "this build can't read YAML configurations", file,
               "build with -DSAGE_WITH_YAML=ON, or use options and SAGE_ variables");
}

#endif

}  // namespace sage::apps
