// How whole answers are read in OpenAI's dialect, and what both forms of an answer share.
#include "sage/llm/dialects/openai.hpp"

#include <cmath>
#include <utility>

#include "sage/model/json.hpp"

namespace sage::llm {

finish_reason openai_finish(std::string_view reason) noexcept {
  if (reason == "stop" || reason == "eos" || reason == "eos_token" || reason == "stop_sequence") {
    return finish_reason::stop;
  }
  if (reason == "length" || reason == "max_tokens" || reason == "model_length") return finish_reason::length;
  if (reason == "tool_calls" || reason == "function_call") return finish_reason::tool_calls;
  if (reason == "content_filter") return finish_reason::content_filter;
  return finish_reason::other;
}

chat_usage openai_usage(const dynamic_value& usage) {
  chat_usage out;
  out.input_tokens = count_at(usage, "prompt_tokens");
  out.output_tokens = count_at(usage, "completion_tokens");
  if (const dynamic_value* details = find_value(&usage, "prompt_tokens_details")) {
    out.cached_input_tokens = count_at(*details, "cached_tokens");
  }
  return out;
}

std::string openai_content(const dynamic_value* content) {
  if (!content) return {};
  const auto* parts = content->get_if<dynamic_list>();
  if (!parts) return std::string(content->text());
  std::string text;
  for (const dynamic_value& part : *parts) {
    if (const dynamic_value* inner = find_value(&part, "text")) text += inner->text();
  }
  return text;
}

std::string openai_arguments(const dynamic_value* arguments) {
  if (!arguments) return {};
  if (arguments->kind() == value_kind::map) return to_json(*arguments);
  return std::string(arguments->text());
}

void append_openai_logprobs(std::vector<token_logprob>& out, const dynamic_value& choice) {
  const dynamic_value* logprobs = find_value(&choice, "logprobs");
  if (!logprobs) return;
  for (const dynamic_value& each : list_at(*logprobs, "content")) {
    const dynamic_value* value = find_value(&each, "logprob");
    const auto number = value ? value->number() : std::nullopt;
    // NaN has become null on the way; a token without a likelihood says nothing.
    if (number && std::isfinite(*number)) out.push_back({text_at(each, "token"), *number});
  }
}

void complete_openai_reply(chat_reply& reply, bool has_finish) {
  for (std::size_t i = 0; i < reply.tool_calls.size(); ++i) {
    if (reply.tool_calls[i].id.empty()) reply.tool_calls[i].id = "call_" + std::to_string(i);
  }
  // Some servers say "stop" although they want tools called, or nothing at all.
  if (!reply.tool_calls.empty() && (!has_finish || reply.finish == finish_reason::stop)) {
    reply.finish = finish_reason::tool_calls;
  }
}

reply_or_error openai_dialect::read_reply(std::string_view body, const chat_request&) const {
  auto read = read_provider_json(body, {});
  if (!read) return malformed_answer("the answer is not JSON (" + read.error().message() + ")", body);
  if (find_value(&*read, "error")) return error_inside_answer(body);
  const dynamic_list& choices = list_at(*read, "choices");
  if (choices.empty()) return malformed_answer("the answer has no choices", body);
  const dynamic_value& choice = choices.front();
  const dynamic_value* message = find_value(&choice, "message");
  if (!message) return malformed_answer("the answer's choice has no message", body);

  chat_reply reply;
  reply.id = text_at(*read, "id");
  reply.model = text_at(*read, "model");
  reply.text = openai_content(find_value(message, "content"));
  const std::string reason = text_at(choice, "finish_reason");
  if (!reason.empty()) reply.finish = openai_finish(reason);
  if (std::string refusal = text_at(*message, "refusal"); !refusal.empty() && reply.text.empty()) {
    reply.text = std::move(refusal);
    reply.finish = finish_reason::content_filter;
  }
  const dynamic_list& calls = list_at(*message, "tool_calls");
  if (calls.size() > reply_stream::tool_calls_max) {
    return malformed_answer("the answer has " + std::to_string(calls.size()) + " tool calls");
  }
  for (const dynamic_value& each : calls) {
    const dynamic_value* function = find_value(&each, "function");
    if (!function) return malformed_answer("a tool call names no function", body);
    reply.tool_calls.push_back(
        {text_at(each, "id"), text_at(*function, "name"), openai_arguments(find_value(function, "arguments"))});
  }
  append_openai_logprobs(reply.logprobs, choice);
  const dynamic_value* usage = find_value(&*read, "usage");
  if (usage) reply.usage = openai_usage(*usage);
  reply.usage.estimated = !usage;
  complete_openai_reply(reply, !reason.empty());
  return reply;
}

std::unique_ptr<reply_stream> openai_dialect::start_reply(const chat_request&) const {
  return std::make_unique<openai_reply_stream>();
}

}  // namespace sage::llm
