#include "sage/agents/resources.hpp"

#include <utility>

#include "sage/base/error.hpp"

namespace sage {

agent_resources& agent_resources::model(std::string name, std::shared_ptr<chat_model> model) {
  if (!model) throw error(errc::invalid_argument, "the model '" + name + "' is null", "agent_resources");
  models_.insert_or_assign(std::move(name), std::move(model));
  return *this;
}

agent_resources& agent_resources::tool(tool_ref tool) {
  if (const result<void> added = tools_.add(std::move(tool)); !added) throw added.error();
  return *this;
}

agent_resources& agent_resources::prompts(const prompt_folder& folder) {
  const result<std::vector<std::string>> names = folder.names();
  if (!names) throw names.error();
  for (const std::string& name : *names) {
    result<prompt> text = folder.load(name);
    if (!text) throw text.error();
    add_prompt(std::move(*text));
  }
  return *this;
}

agent_resources& agent_resources::add_prompt(prompt text) {
  std::string name = text.name();
  prompts_.insert_or_assign(std::move(name), std::move(text));
  return *this;
}

agent_resources& agent_resources::tokens(std::shared_ptr<const llm::tokenizer> by) {
  tokens_ = std::move(by);
  return *this;
}

namespace {

template <class Map>
std::string names_of(const Map& map) {
  std::string known;
  for (const auto& [name, what] : map) known += (known.empty() ? "" : ", ") + name;
  return known;
}

}  // namespace

chat_model& agent_resources::find_model(std::string_view name) const {
  const auto found = models_.find(name);
  if (found != models_.end()) return *found->second;
  throw error(errc::not_found, "no model is called '" + std::string(name) + "'", "agent_resources",
              models_.empty() ? "add one: resources.model(\"main\", ...)" : "there are: " + names_of(models_));
}

const prompt& agent_resources::find_prompt(std::string_view name) const {
  const auto found = prompts_.find(name);
  if (found != prompts_.end()) return found->second;
  throw error(errc::not_found, "no prompt is called '" + std::string(name) + "'", "agent_resources",
              prompts_.empty() ? "add a folder: resources.prompts(...)" : "there are: " + names_of(prompts_));
}

}  // namespace sage
