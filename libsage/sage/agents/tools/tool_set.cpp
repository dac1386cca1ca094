#include "sage/agents/tools/tool_set.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sage/base/assert.hpp"
#include "sage/base/utf8.hpp"

namespace sage {

namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t named_max = 5;

/// Equal for names that a reader could take for each other.
std::string look_of(std::string_view name) {
  std::string look(name);
  for (char& c : look) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (c == '-') c = '_';
    if (c == '0') c = 'o';
    if (c == '1' || c == 'i') c = 'l';
  }
  return look;
}

/// What a model wrote as a name, fit to be shown: everything but printable ASCII as its code.
std::string shown(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string safe;
  for (const char c : name.substr(0, name_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '\'' && c != '\\') {
      safe += c;
    } else {
      safe += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return name.size() > name_bytes_max ? safe + "..." : safe;
}

/// How many characters must be inserted, removed or replaced to make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  a = a.substr(0, name_bytes_max);
  b = b.substr(0, name_bytes_max);
  std::array<std::size_t, name_bytes_max + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

tool_set::tool_set(std::initializer_list<tool_ref> tools) {
  for (const tool_ref& each : tools) add(each).value();
}

result<void> tool_set::add(tool_ref tool) {
  SAGE_ASSERT(tool != nullptr);
  if (tools_.size() >= tools_max) {
    return error(errc::limit, "an agent has at most " + std::to_string(tools_max) + " tools", tool->name());
  }
  for (const tool_ref& other : tools_) {
    if (look_of(other->name()) != look_of(tool->name())) continue;
    return error(errc::invalid_argument,
                 other->name() == tool->name() ? "there is a tool of this name already"
                                               : "the name looks like that of the tool '" + other->name() + "'",
                 tool->name(), "rename one of the two");
  }
  tools_.push_back(std::move(tool));
  return {};
}

result<tool_set> tool_set::only(const std::vector<std::string>& names) const {
  tool_set some;
  for (const std::string& name : names) {
    auto found = resolve(name);
    if (!found) return found.error();
    if (auto added = some.add(*found); !added) return added.error();
  }
  return some;
}

const tool* tool_set::find(std::string_view name) const noexcept {
  const auto found = std::find_if(tools_.begin(), tools_.end(), [&](const tool_ref& t) { return t->name() == name; });
  return found == tools_.end() ? nullptr : found->get();
}

result<tool_ref> tool_set::resolve(std::string_view name) const {
  for (const tool_ref& each : tools_) {
    if (each->name() == name) return each;
  }
  std::string message = "there is no tool '" + shown(name) + "'";
  if (tools_.empty()) return error(errc::not_found, message + "; no tools may be used here");
  std::vector<std::pair<std::size_t, const std::string*>> near;
  for (const tool_ref& each : tools_) near.emplace_back(distance(name, each->name()), &each->name());
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  message += near.size() > named_max ? "; the nearest of " + std::to_string(near.size()) + " are " : "; there are ";
  for (std::size_t i = 0; i < std::min(near.size(), named_max); ++i) {
    message += (i == 0 ? "'" : ", '") + *near[i].second + "'";
  }
  return error(errc::not_found, std::move(message));
}

tool_result tool_set::invoke(const chat_tool_call& call, std::stop_token stop) const {
  const auto found = resolve(call.name);
  if (!found) return {tool_outcome::refused, found.error().message()};
  return (*found)->invoke(call.arguments, std::move(stop));
}

std::vector<chat_tool> tool_set::describe() const {
  std::vector<chat_tool> all;
  all.reserve(tools_.size());
  for (const tool_ref& each : tools_) all.push_back(each->describe());
  return all;
}

}  // namespace sage
