/// The tools that an agent may use: no others exist for it.
#pragma once

#include <initializer_list>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "sage/agents/tools/tool.hpp"
#include "sage/base/result.hpp"

namespace sage {

/// Denies by default. A name is matched byte by byte: case, white space, other alphabets never match. Names that a
/// reader could take for each other (case, `-` and `_`, `0` and `O`, `1`, `l` and `I`) can't be in one set.
///
/// Cost  O(tools) per look-up; a set has few
class tool_set {
 public:
  static constexpr std::size_t tools_max = 128;  ///< what providers take

  tool_set() = default;
  /// Throws what `add` answers.
  tool_set(std::initializer_list<tool_ref> tools);

  /// errc::invalid_argument for a name that is there already or looks like one, errc::limit beyond tools_max.
  result<void> add(tool_ref tool);
  /// The part of this set with these names; errc::not_found names the one that isn't there.
  [[nodiscard]] result<tool_set> only(const std::vector<std::string>& names) const;

  /// The tool called exactly `name`, or null.
  [[nodiscard]] const tool* find(std::string_view name) const noexcept;
  /// The tool called exactly `name`, or a refusal that a model can use: the nearest of the allowed names.
  [[nodiscard]] result<tool_ref> resolve(std::string_view name) const;
  /// Looks the tool up and calls it. An unknown one is refused.
  [[nodiscard]] tool_result invoke(const chat_tool_call& call, std::stop_token stop = {}) const;

  /// As models are told, in the order in which they were added.
  [[nodiscard]] std::vector<chat_tool> describe() const;
  [[nodiscard]] std::size_t size() const noexcept { return tools_.size(); }
  [[nodiscard]] bool empty() const noexcept { return tools_.empty(); }

 private:
  std::vector<tool_ref> tools_;
};

}  // namespace sage
