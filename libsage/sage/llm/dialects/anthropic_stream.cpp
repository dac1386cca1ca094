// How streamed answers are put together in Anthropic's dialect.
#include <utility>

#include "sage/llm/dialects/anthropic.hpp"
#include "sage/model/json.hpp"

namespace sage::llm {

namespace {

constexpr decode_limits event_limits{32, 64 << 20, 100'000};
constexpr std::size_t blocks_max = 1024;  // of one answer; those that are neither text nor calls count too

}  // namespace

std::optional<provider_error> anthropic_reply_stream::on_event(const sse_event& event, chat_delta& delta) {
  delta = {};
  if (done_) return std::nullopt;
  auto read = read_provider_pieces(event.data, event_limits);
  if (!read)
    return malformed_answer("a piece of the answer is not JSON (" + read.error().message() + ")", event.data);
  // The type stands in the data and before it; proxies lose the latter.
  const std::string type = text_at(*read, "type");
  if (type == "error" || event.type == "error") return error_inside_answer(event.data);
  if (type == "message_start") {
    if (const dynamic_value* message = find_value(&*read, "message")) {
      reply_.id = text_at(*message, "id");
      reply_.model = text_at(*message, "model");
      if (const dynamic_value* usage = find_value(message, "usage")) {
        merge_anthropic_usage(reply_.usage, *usage);
        has_usage_ = true;
      }
    }
  } else if (type == "content_block_start") {
    return on_block_start(*read, delta);
  } else if (type == "content_block_delta") {
    if (count_at(*read, "index") >= blocks_.size()) {
      return malformed_answer("a piece of the answer goes on with a block that was never begun", event.data);
    }
    on_block_delta(*read, delta);
  } else if (type == "content_block_stop") {
    if (const std::uint64_t index = count_at(*read, "index"); index < blocks_.size()) {
      std::string rest;
      blocks_[index].joiner.finish(rest);
      take(blocks_[index], std::move(rest), delta);
    }
  } else if (type == "message_delta") {
    const dynamic_value* change = find_value(&*read, "delta");
    if (const std::string reason = change ? text_at(*change, "stop_reason") : std::string(); !reason.empty()) {
      reply_.finish = anthropic_finish(reason);
      has_finish_ = true;
    }
    if (const dynamic_value* usage = find_value(&*read, "usage")) {
      merge_anthropic_usage(reply_.usage, *usage);
      has_usage_ = true;
    }
  } else if (type == "message_stop") {
    done_ = true;
  } else if (type.empty()) {
    return malformed_answer("a piece of the answer has no type", event.data);
  }
  return std::nullopt;  // "ping", and whatever is new: to be passed over, says the API
}

std::optional<provider_error> anthropic_reply_stream::on_block_start(const dynamic_value& event, chat_delta& delta) {
  const std::uint64_t index = count_at(event, "index");
  if (index < blocks_.size()) return std::nullopt;  // sent twice
  if (index >= blocks_max) return malformed_answer("the answer has more than 1024 blocks");
  blocks_.resize(index + 1);
  block& begun = blocks_.back();
  const dynamic_value* content = find_value(&event, "content_block");
  const std::string type = content ? text_at(*content, "type") : std::string();
  if (type == "text") {
    begun.what = block::kind::text;
    if (const dynamic_value* text = find_value(content, "text")) append(begun, text->text(), delta);
  } else if (type == "tool_use") {
    const std::string name = text_at(*content, "name");
    if (!answer_tool_.empty() && name == answer_tool_) {
      begun.what = block::kind::answer;
      answered_ = true;
    } else {
      if (reply_.tool_calls.size() == tool_calls_max) return malformed_answer("the answer has too many tool calls");
      begun.what = block::kind::call;
      begun.call = reply_.tool_calls.size();
      reply_.tool_calls.push_back({text_at(*content, "id"), name, ""});
      delta.tool_calls.push_back(
          {static_cast<std::uint32_t>(begun.call), reply_.tool_calls.back().id, name, std::string()});
    }
    // Empty in practice: the arguments follow in pieces.
    const dynamic_value* input = find_value(content, "input");
    const auto* entries = input ? input->get_if<dynamic_map>() : nullptr;
    if (entries && !entries->empty()) append(begun, to_json(*input), delta);
  }
  return std::nullopt;
}

void anthropic_reply_stream::on_block_delta(const dynamic_value& event, chat_delta& delta) {
  block& to = blocks_[count_at(event, "index")];
  const dynamic_value* piece = find_value(&event, "delta");
  if (!piece) return;
  const std::string type = text_at(*piece, "type");
  const char* const key = type == "text_delta" ? "text" : type == "input_json_delta" ? "partial_json" : "";
  if (const dynamic_value* text = find_value(piece, key)) append(to, text->text(), delta);
}

void anthropic_reply_stream::append(block& to, std::string_view piece, chat_delta& delta) {
  std::string text;
  to.joiner.append(text, piece);
  take(to, std::move(text), delta);
}

void anthropic_reply_stream::take(const block& from, std::string text, chat_delta& delta) {
  if (text.empty()) return;
  switch (from.what) {
    case block::kind::text:
      if (!answer_tool_.empty()) {
        aside_ += text;
        break;
      }
      [[fallthrough]];
    case block::kind::answer:
      reply_.text += text;
      delta.text += text;
      break;
    case block::kind::call:
      reply_.tool_calls[from.call].arguments += text;
      delta.tool_calls.push_back({static_cast<std::uint32_t>(from.call), "", "", std::move(text)});
      break;
    case block::kind::other: break;
  }
}

reply_or_error anthropic_reply_stream::finish(chat_delta& rest) {
  rest = {};
  if (!done_ && !has_finish_) return cut_answer("the provider broke off: the stream ended before the answer did");
  for (block& each : blocks_) {
    std::string text;
    each.joiner.finish(text);
    take(each, std::move(text), rest);
  }
  if (!answered_) {
    reply_.text += aside_;
    rest.text += aside_;
  }
  for (chat_tool_call& call : reply_.tool_calls) {
    if (call.arguments.empty()) call.arguments = "{}";  // a tool without parameters gets no pieces
  }
  if (answered_ && reply_.tool_calls.empty() && reply_.finish == finish_reason::tool_calls) {
    reply_.finish = finish_reason::stop;
  }
  reply_.usage.estimated = !has_usage_;
  return std::move(reply_);
}

}  // namespace sage::llm
