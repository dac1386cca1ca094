/// The prompts that the program brings along: prompts/*.mustache as they were when it was built.
#pragma once

#include <span>
#include <string_view>

namespace agent_service {

struct compiled_prompt {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::span<const compiled_prompt> compiled_prompts();

}  // namespace agent_service
