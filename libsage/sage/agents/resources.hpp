/// What agents may use, by name: models, tools, prompts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "sage/agents/prompts.hpp"
#include "sage/agents/tools/tool_set.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/tokenizer.hpp"

namespace sage {

/// Filled in once, then shared by any number of agents. A name that isn't here doesn't exist for them.
class agent_resources {
 public:
  agent_resources& model(std::string name, std::shared_ptr<chat_model> model);
  /// Tools that agents may name; throws when the name is taken or looks like another.
  agent_resources& tool(tool_ref tool);
  /// Reads every prompt of the folder, now.
  agent_resources& prompts(const prompt_folder& folder);
  agent_resources& add_prompt(prompt text);
  /// Counts tokens when a conversation has to be made to fit; an estimate by default.
  agent_resources& tokens(std::shared_ptr<const llm::tokenizer> by);

  /// Throws errc::not_found, naming those that are there.
  [[nodiscard]] chat_model& find_model(std::string_view name) const;
  [[nodiscard]] const tool_set& tools() const noexcept { return tools_; }
  [[nodiscard]] const prompt& find_prompt(std::string_view name) const;
  [[nodiscard]] const llm::tokenizer& tokens() const noexcept { return *tokens_; }

 private:
  std::map<std::string, std::shared_ptr<chat_model>, std::less<>> models_;
  tool_set tools_;
  std::map<std::string, prompt, std::less<>> prompts_;
  std::shared_ptr<const llm::tokenizer> tokens_ = std::make_shared<llm::estimating_tokenizer>();
};

}  // namespace sage
