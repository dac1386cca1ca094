#include "sage/serving/caller_fields.hpp"

#include <cstdio>
#include <utility>

namespace sage::serving {

namespace {

std::string shown(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

}  // namespace

caller_fields::caller_fields(const dynamic_value& of, std::string path, std::optional<http_problem>& problem)
    : of_(&of), path_(std::move(path)), problem_(&problem) {
  if (of.get_if<dynamic_map>() == nullptr) refuse({}, "must be an object", "invalid_type");
}

std::string caller_fields::path_of(std::string_view name) const {
  if (name.empty()) return path_;
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void caller_fields::refuse(std::string_view name, std::string message, std::string code) const {
  if (failed()) return;
  http_problem told;
  told.param = path_of(name);
  told.message = (told.param.empty() ? "the body" : "'" + told.param + "'") + " " + std::move(message);
  told.code = std::move(code);
  *problem_ = std::move(told);
}

const dynamic_value* caller_fields::find(std::string_view name) const noexcept {
  const dynamic_value* found = of_->find(name);
  return found != nullptr && found->is_null() ? nullptr : found;
}

std::optional<std::string> caller_fields::text(std::string_view name) const {
  const dynamic_value* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* text = found->get_if<std::string>()) return *text;
  refuse(name, "must be a text", "invalid_type");
  return std::nullopt;
}

std::string caller_fields::required_text(std::string_view name) const {
  auto found = text(name);
  if (!found || found->empty()) refuse(name, "is missing", "missing_required_parameter");
  return found.value_or(std::string());
}

std::optional<bool> caller_fields::flag(std::string_view name) const {
  const dynamic_value* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* flag = found->get_if<bool>()) return *flag;
  refuse(name, "must be true or false", "invalid_type");
  return std::nullopt;
}

std::optional<double> caller_fields::number(std::string_view name, double least, double most) const {
  const dynamic_value* found = find(name);
  if (found == nullptr) return std::nullopt;
  const auto number = found->number();
  if (number && *number >= least && *number <= most) return number;
  refuse(name, "must be a number from " + shown(least) + " to " + shown(most));
  return std::nullopt;
}

std::optional<std::uint64_t> caller_fields::whole(std::string_view name, std::uint64_t least,
                                                  std::uint64_t most) const {
  const dynamic_value* found = find(name);
  if (found == nullptr) return std::nullopt;
  std::optional<std::uint64_t> number;
  if (const auto* small = found->get_if<std::int64_t>(); small != nullptr && *small >= 0) {
    number = static_cast<std::uint64_t>(*small);
  }
  if (const auto* large = found->get_if<std::uint64_t>()) number = *large;
  if (number && *number >= least && *number <= most) return number;
  refuse(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

const dynamic_list* caller_fields::list(std::string_view name, std::size_t count_max) const {
  const dynamic_value* found = find(name);
  if (found == nullptr) return nullptr;
  const auto* list = found->get_if<dynamic_list>();
  if (list == nullptr) {
    refuse(name, "must be a list", "invalid_type");
  } else if (list->size() > count_max) {
    refuse(name, "has more than " + std::to_string(count_max) + " elements", "too_many_elements");
    return nullptr;
  }
  return list;
}

std::optional<caller_fields> caller_fields::object(std::string_view name) const {
  const dynamic_value* found = find(name);
  if (found == nullptr) return std::nullopt;
  return caller_fields(*found, path_of(name), *problem_);
}

}  // namespace sage::serving
