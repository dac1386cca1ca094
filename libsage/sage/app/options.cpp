#include "sage/app/options.hpp"

#include <algorithm>

#include "sage/app/nearest_name.hpp"
#include "sage/base/error.hpp"

namespace sage {

const resolved_option& options::at(std::string_view name) const {
  for (const resolved_option& one : all_) {
    if (one.spec.name == name) return one;
  }
  std::vector<std::string> names;
  for (const resolved_option& one : all_) names.push_back(one.spec.name);
  throw error(errc::invalid_argument,
              "the app asks for the option '" + std::string(name) + "', which it never declared", {},
              apps::did_you_mean(name, names, "", "declare it with app.option<...>(...)"));
}

bool options::has(std::string_view name) const {
  return at(name).value.has_value();
}

bool options::is_given(std::string_view name) const {
  const resolved_option& one = at(name);
  return one.value.has_value() && one.origin != option_origin::fallback;
}

const option_value* options::find(std::string_view name, std::initializer_list<option_kind> kinds) const {
  const resolved_option& one = at(name);
  if (std::find(kinds.begin(), kinds.end(), one.spec.kind) == kinds.end()) {
    refuse(name, "is declared as " + std::string(apps::kind_name(one.spec.kind)) + " and read as something else");
  }
  return one.value ? &*one.value : nullptr;
}

void options::refuse(std::string_view name, const std::string& why) {
  throw error(errc::invalid_argument, "the option '" + std::string(name) + "' " + why);
}

}  // namespace sage
