#include "sage/app/record_edit.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/model/json.hpp"

namespace sage::apps {

namespace {

[[noreturn]] void refuse(const std::string& what, std::string_view path, const std::string& advice = {}) {
  throw error(errc::invalid_argument, what, std::string(path.substr(0, 80)), advice);
}

std::string names_of(const dynamic_value& value) {
  std::string names;
  if (const auto* map = value.get_if<dynamic_map>()) {
    for (const auto& [name, unused] : *map) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "the record has no fields: . is the record itself" : "there is " + names;
}

// Takes the next step off the path: a name, or a position in brackets.
std::string_view take_step(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  const std::size_t end =
      path.starts_with('[') ? path.find(']') + 1 : std::min(path.find_first_of(".["), path.size());
  const std::string_view step = path.substr(0, end);
  path.remove_prefix(step.size());
  return step;
}

dynamic_value& go_down(dynamic_value& from, std::string_view step, std::string_view path) {
  if (!step.starts_with('[')) {
    if (dynamic_value* found = step.empty() ? nullptr : from.find(step)) return *found;
    refuse("there is no field '" + std::string(step.substr(0, 80)) + "'", path, names_of(from));
  }
  auto* list = from.get_if<dynamic_list>();
  std::size_t position = 0;
  const auto [end, problem] = std::from_chars(step.data() + 1, step.data() + step.size() - 1, position);
  if (!list || problem != std::errc{} || end != step.data() + step.size() - 1 || position >= list->size()) {
    refuse("there is no element " + std::string(step.substr(0, 80)), path,
           list ? "the list has " + std::to_string(list->size()) + " elements" : "it is no list");
  }
  return (*list)[position];
}

bool is_number(value_kind kind) noexcept {
  return kind == value_kind::int64 || kind == value_kind::uint64 || kind == value_kind::real;
}

bool is_same_kind(value_kind a, value_kind b) noexcept {
  return a == b || a == value_kind::null || b == value_kind::null || (is_number(a) && is_number(b));
}

void append_indented(std::string& out, const dynamic_value& value, std::size_t depth) {
  const auto line = [&](std::size_t at) { out += "\n" + std::string(2 * at, ' '); };
  if (const auto* map = value.get_if<dynamic_map>(); map && !map->empty()) {
    out += "{";
    for (std::size_t i = 0; i < map->size(); ++i) {
      line(depth + 1);
      out += to_shown_json((*map)[i].first) + ": ";
      append_indented(out, (*map)[i].second, depth + 1);
      if (i + 1 < map->size()) out += ",";
    }
    line(depth);
    out += "}";
  } else if (const auto* list = value.get_if<dynamic_list>(); list && !list->empty()) {
    out += "[";
    for (std::size_t i = 0; i < list->size(); ++i) {
      line(depth + 1);
      append_indented(out, (*list)[i], depth + 1);
      if (i + 1 < list->size()) out += ",";
    }
    line(depth);
    out += "]";
  } else {
    out += to_shown_json(value);
  }
}

dynamic_value read_json(std::string_view text) {
  auto value = from_json<dynamic_value>(text);
  if (!value) throw value.error();
  return *std::move(value);
}

// Where nobody has touched the text of a value, the value itself stays.
dynamic_value merged(const dynamic_value& before, dynamic_value after) {
  if (after == read_json(to_shown_json(before))) return before;
  if (auto* map = after.get_if<dynamic_map>()) {
    for (auto& [name, value] : *map) {
      if (const dynamic_value* was = before.find(name)) value = merged(*was, std::move(value));
    }
  } else if (auto* list = after.get_if<dynamic_list>()) {
    const auto* was = before.get_if<dynamic_list>();
    for (std::size_t i = 0; was && i < list->size() && i < was->size(); ++i) {
      (*list)[i] = merged((*was)[i], std::move((*list)[i]));
    }
  }
  return after;
}

}  // namespace

void set_field(dynamic_value& record, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw error(errc::configuration, "--set wants FIELD=VALUE, not '" + std::string(assignment.substr(0, 80)) + "'");
  }
  const std::string_view path = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  dynamic_value* at = &record;
  for (std::string_view left = path == "." ? std::string_view() : path; !left.empty();) {
    at = &go_down(*at, take_step(left), path);
  }
  if (at->kind() == value_kind::string) {
    *at = dynamic_value(std::string(text));
    return;
  }
  auto value = from_json<dynamic_value>(text);
  if (!value && at->kind() == value_kind::null) value = dynamic_value(std::string(text));
  if (!value || !is_same_kind(at->kind(), value->kind())) {
    refuse("is " + std::string(describe_kind(at->kind())) + ", '" + std::string(text.substr(0, 80)) + "' isn't",
           path);
  }
  *at = *std::move(value);
}

std::string editable_text(const dynamic_value& record) {
  std::string text;
  append_indented(text, record, 0);
  return text + "\n";
}

dynamic_value edited_record(const dynamic_value& record, std::string_view edited) {
  return merged(record, read_json(edited));
}

}  // namespace sage::apps
