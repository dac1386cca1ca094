#include "sage/agents/intents/by_model.hpp"

#include <algorithm>
#include <utility>

#include "sage/agents/chat_call.hpp"
#include "sage/base/error.hpp"

namespace sage {

by_model::by_model(std::shared_ptr<chat_model> model, std::vector<intent_description> labels,
                   model_intent_options options)
    : model_(std::move(model)), labels_(std::move(labels)), options_(options) {
  if (!model_ || labels_.empty()) throw error(errc::invalid_argument, "no model, or no labels", "by_model");
}

task<intent> by_model::operator()(const std::string& text) const {
  chat_request request;
  std::string names;
  std::string told = "Say which of these labels fits the user's message best, and how sure you are (0 to 1).\n";
  for (const intent_description& one : labels_) {
    told += "- " + one.label + ": " + one.description + "\n";
    names += to_json(one.label) + ",";
  }
  told += "- none: none of them\n";
  request.temperature = 0;
  request.output_schema = R"({"type":"object","properties":{"label":{"type":"string","enum":[)" + names +
                          R"("none"]},"confidence":{"type":"number","minimum":0,"maximum":1}},)"
                          R"("required":["label","confidence"],"additionalProperties":false})";
  request.output_schema_name = "intent";
  request.messages.push_back({chat_role::system, std::move(told), {}, {}, {}, {}});
  request.messages.push_back({chat_role::user, text, {}, {}, {}, {}});
  const std::shared_ptr<chat_model> model = model_;
  for (std::uint32_t tries = 0;; ++tries) {
    chat_reply reply = co_await model->chat(request, nullptr);
    result<intent> found = from_json<intent>(agents::json_of_answer(reply.text));
    if (found) {
      const bool offered = std::any_of(labels_.begin(), labels_.end(),
                                       [&](const intent_description& one) { return one.label == found->label; });
      found->confidence = std::clamp(found->confidence, 0.0, 1.0);
      if (!offered || found->confidence < options_.confidence_min) found->label.clear();
      co_return std::move(*found);
    }
    if (tries >= options_.repairs_max) {
      throw error(errc::parse, "the model's answer is no intent: " + found.error().message(), "by_model");
    }
    request.messages.push_back(reply.message());
    request.messages.push_back(
        {chat_role::user,
         "That is not usable: " + found.error().message() + ". Answer with nothing but JSON that follows the schema.",
         {},
         {},
         {},
         {}});
  }
}

}  // namespace sage
