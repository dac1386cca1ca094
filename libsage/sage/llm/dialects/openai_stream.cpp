// How streamed answers are put together in OpenAI's dialect.
#include <algorithm>
#include <utility>

#include "sage/llm/dialects/openai.hpp"

namespace sage::llm {

namespace {

/// A chunk is small; what is larger is bounded by the SSE parser.
constexpr decode_limits chunk_limits{32, 64 << 20, 100'000};

std::string joined(text_joiner& joiner, std::string_view piece) {
  std::string out;
  joiner.append(out, piece);
  return out;
}

}  // namespace

std::optional<provider_error> openai_reply_stream::on_event(const sse_event& event, chat_delta& delta) {
  delta = {};
  if (done_) return std::nullopt;  // some servers say [DONE] twice
  if (event.data == "[DONE]") {
    done_ = true;
    return std::nullopt;
  }
  if (!event.id.empty() && event.id == last_id_) return std::nullopt;
  last_id_ = event.id;
  auto read = read_provider_pieces(event.data, chunk_limits);
  if (!read)
    return malformed_answer("a piece of the answer is not JSON (" + read.error().message() + ")", event.data);
  if (event.type == "error" || find_value(&*read, "error")) return error_inside_answer(event.data);
  if (read->kind() != value_kind::map) return malformed_answer("a piece of the answer is no object", event.data);
  if (reply_.id.empty()) reply_.id = text_at(*read, "id");
  if (reply_.model.empty()) reply_.model = text_at(*read, "model");
  if (const dynamic_value* usage = find_value(&*read, "usage")) {
    // Of the whole reply so far, each time: the last one counts.
    reply_.usage = openai_usage(*usage);
    has_usage_ = true;
  }
  for (const dynamic_value& choice : list_at(*read, "choices")) {
    if (count_at(choice, "index") == 0) on_choice(choice, delta);
  }
  if (too_many_calls_) {
    return malformed_answer("the answer has more than " + std::to_string(tool_calls_max) + " tool calls");
  }
  return std::nullopt;
}

void openai_reply_stream::on_choice(const dynamic_value& choice, chat_delta& delta) {
  has_choice_ = true;
  const std::size_t text_before = delta.text.size();
  const auto logprobs_before = static_cast<std::ptrdiff_t>(delta.logprobs.size());
  if (const dynamic_value* piece = find_value(&choice, "delta")) {
    delta.text += joined(text_, openai_content(find_value(piece, "content")));
    if (const dynamic_value* refusal = find_value(piece, "refusal"); refusal && !refusal->text().empty()) {
      delta.text += joined(text_, refusal->text());
      refused_ = true;
    }
    const dynamic_list& calls = list_at(*piece, "tool_calls");
    for (std::size_t i = 0; i < calls.size() && !too_many_calls_; ++i) {
      too_many_calls_ = !on_tool_call(calls[i], i, delta);
    }
  }
  reply_.text.append(delta.text, text_before);
  append_openai_logprobs(delta.logprobs, choice);
  reply_.logprobs.insert(reply_.logprobs.end(), delta.logprobs.begin() + logprobs_before, delta.logprobs.end());
  if (const std::string reason = text_at(choice, "finish_reason"); !reason.empty()) {
    reply_.finish = openai_finish(reason);
    has_finish_ = true;
  }
}

/// Which call a fragment goes on with; calls_.size() is a new one. Providers number them in "index"; those that don't
/// send whole calls or fragments of one call after the other, and some number all of them 0.
std::size_t openai_reply_stream::find_call(const dynamic_value& fragment, const std::string& id,
                                           std::size_t position) {
  if (!id.empty()) {
    const auto same = std::find_if(reply_.tool_calls.begin(), reply_.tool_calls.end(),
                                   [&](const chat_tool_call& call) { return call.id == id; });
    if (same != reply_.tool_calls.end()) return static_cast<std::size_t>(same - reply_.tool_calls.begin());
  }
  if (find_value(&fragment, "index")) {
    const std::uint64_t index = count_at(fragment, "index");
    for (std::size_t i = calls_.size(); i-- > 0;) {
      if (calls_[i].index != index) continue;
      const bool other = !id.empty() && !reply_.tool_calls[i].id.empty();
      return other ? calls_.size() : i;
    }
    return calls_.size();
  }
  if (!id.empty() || calls_.empty()) return calls_.size();
  const dynamic_value* function = find_value(&fragment, "function");
  const bool named = function && !text_at(*function, "name").empty();
  // Without index and id: a name begins another call, unless it is the first fragment's repeated.
  if (named && (position > 0 || text_at(*function, "name") != reply_.tool_calls.back().name)) return calls_.size();
  return calls_.size() - 1;
}

bool openai_reply_stream::on_tool_call(const dynamic_value& fragment, std::size_t position, chat_delta& delta) {
  const std::string id = text_at(fragment, "id");
  const std::size_t at = find_call(fragment, id, position);
  chat_tool_call_delta piece;
  piece.index = static_cast<std::uint32_t>(at);
  if (at == calls_.size()) {
    if (at == tool_calls_max) return false;
    calls_.push_back({find_value(&fragment, "index") ? count_at(fragment, "index") : at, {}});
    reply_.tool_calls.push_back({id.empty() ? "call_" + std::to_string(at) : id, "", ""});
    piece.id = reply_.tool_calls[at].id;
  }
  chat_tool_call& call = reply_.tool_calls[at];
  if (const dynamic_value* function = find_value(&fragment, "function")) {
    if (call.name.empty()) {
      call.name = text_at(*function, "name");
      piece.name = call.name;
    }
    piece.arguments = joined(calls_[at].arguments, openai_arguments(find_value(function, "arguments")));
    call.arguments += piece.arguments;
  }
  if (!piece.id.empty() || !piece.name.empty() || !piece.arguments.empty()) delta.tool_calls.push_back(piece);
  return true;
}

reply_or_error openai_reply_stream::finish(chat_delta& rest) {
  rest = {};
  if (!done_ && !has_finish_) return cut_answer("the provider broke off: the stream ended before the answer did");
  if (!has_choice_) return malformed_answer("the stream has no choices");  // as of a whole answer
  text_.finish(rest.text);
  reply_.text += rest.text;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    chat_tool_call_delta piece;
    piece.index = static_cast<std::uint32_t>(i);
    calls_[i].arguments.finish(piece.arguments);
    reply_.tool_calls[i].arguments += piece.arguments;
    if (!piece.arguments.empty()) rest.tool_calls.push_back(piece);
  }
  reply_.usage.estimated = !has_usage_;
  if (refused_) reply_.finish = finish_reason::content_filter;
  complete_openai_reply(reply_, has_finish_);
  return std::move(reply_);
}

}  // namespace sage::llm
