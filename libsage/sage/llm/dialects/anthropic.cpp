// How whole answers are read in Anthropic's dialect, and what both forms of an answer share.
#include "sage/llm/dialects/anthropic.hpp"

#include <utility>

#include "sage/model/json.hpp"

namespace sage::llm {

finish_reason anthropic_finish(std::string_view reason) noexcept {
  if (reason == "end_turn" || reason == "stop_sequence") return finish_reason::stop;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return finish_reason::length;
  if (reason == "tool_use") return finish_reason::tool_calls;
  if (reason == "refusal") return finish_reason::content_filter;
  return finish_reason::other;
}

void merge_anthropic_usage(chat_usage& into, const dynamic_value& usage) {
  if (find_value(&usage, "input_tokens")) {
    // Theirs counts only what no cache had.
    into.cached_input_tokens = count_at(usage, "cache_read_input_tokens");
    into.input_tokens =
        count_at(usage, "input_tokens") + into.cached_input_tokens + count_at(usage, "cache_creation_input_tokens");
  }
  if (find_value(&usage, "output_tokens")) into.output_tokens = count_at(usage, "output_tokens");
}

reply_or_error anthropic_dialect::read_reply(std::string_view body, const chat_request& request) const {
  auto read = read_provider_json(body, {});
  if (!read) return malformed_answer("the answer is not JSON (" + read.error().message() + ")", body);
  if (find_value(&*read, "error")) return error_inside_answer(body);
  const dynamic_value* content = find_value(&*read, "content");
  if (!content || content->kind() != value_kind::list) return malformed_answer("the answer has no content", body);

  const std::string answer_tool = answer_tool_of(request);
  chat_reply reply;
  reply.id = text_at(*read, "id");
  reply.model = text_at(*read, "model");
  std::string answer;
  for (const dynamic_value& block : *content->get_if<dynamic_list>()) {
    const std::string type = text_at(block, "type");
    if (type == "text") {
      reply.text += text_at(block, "text");
    } else if (type == "tool_use") {
      const dynamic_value* input = find_value(&block, "input");
      chat_tool_call call{text_at(block, "id"), text_at(block, "name"), input ? to_json(*input) : "{}"};
      if (!answer_tool.empty() && call.name == answer_tool) {
        answer = std::move(call.arguments);
      } else {
        reply.tool_calls.push_back(std::move(call));
      }
    }
  }
  if (reply.tool_calls.size() > reply_stream::tool_calls_max) {
    return malformed_answer("the answer has " + std::to_string(reply.tool_calls.size()) + " tool calls");
  }
  reply.finish = anthropic_finish(text_at(*read, "stop_reason"));
  if (!answer.empty()) {
    reply.text = std::move(answer);
    if (reply.tool_calls.empty() && reply.finish == finish_reason::tool_calls) reply.finish = finish_reason::stop;
  }
  const dynamic_value* usage = find_value(&*read, "usage");
  if (usage) merge_anthropic_usage(reply.usage, *usage);
  reply.usage.estimated = !usage;
  return reply;
}

std::unique_ptr<reply_stream> anthropic_dialect::start_reply(const chat_request& request) const {
  return std::make_unique<anthropic_reply_stream>(answer_tool_of(request));
}

vectors_or_error anthropic_dialect::read_vectors(std::string_view, const embedding_request&) const {
  return invalid_request(error(errc::unsupported, "Anthropic's API has no embeddings"));
}

}  // namespace sage::llm
