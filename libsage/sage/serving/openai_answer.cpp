// The texts of answers: one JSON object, or server-sent events.
#include <cmath>
#include <utility>

#include "sage/model/json_writer.hpp"
#include "sage/serving/openai_protocol.hpp"

namespace sage::serving {

namespace {

constexpr std::string_view done_event = "data: [DONE]\n\n";
constexpr double least_logprob = -9999;  // what OpenAI writes for "can't happen"; JSON has no infinity

// In the form for people: a model's text that is no UTF-8 must not end an answer.
class answer_writer {
 public:
  explicit answer_writer(std::string& to) : out(to, json_form::shown) {}

  void text(std::string_view key, std::string_view value) {
    out.write_key(key);
    out.write_string(value);
  }
  void number(std::string_view key, std::uint64_t value) {
    out.write_key(key);
    out.write_uint64(value);
  }
  void null(std::string_view key) {
    out.write_key(key);
    out.write_null();
  }
  void begin_map(std::string_view key, std::size_t size) {
    out.write_key(key);
    out.begin_map(size);
  }
  void begin_list(std::string_view key, std::size_t size) {
    out.write_key(key);
    out.begin_list(size);
  }

  void begin(const completion_name& name, std::string_view object, std::size_t fields) {
    out.begin_map(4 + fields);
    text("id", name.id);
    text("object", object);
    out.write_key("created");
    out.write_int64(name.created_s);
    text("model", name.model);
  }

  void usage(const chat_usage& usage) {
    begin_map("usage", 4);
    number("prompt_tokens", usage.input_tokens);
    number("completion_tokens", usage.output_tokens);
    number("total_tokens", usage.tokens());
    begin_map("prompt_tokens_details", 1);
    number("cached_tokens", usage.cached_input_tokens);
    out.end_map();
    out.end_map();
  }

  void logprobs(const std::vector<token_logprob>& all) {
    if (all.empty()) {
      null("logprobs");
      return;
    }
    begin_map("logprobs", 1);
    begin_list("content", all.size());
    for (const token_logprob& one : all) {
      out.begin_map(4);
      text("token", one.token);
      out.write_key("logprob");
      out.write_double(std::isfinite(one.logprob) ? one.logprob : least_logprob);
      null("bytes");
      begin_list("top_logprobs", 0);
      out.end_list();
      out.end_map();
    }
    out.end_list();
    out.end_map();
  }

  void function(std::string_view name, std::string_view arguments, bool has_name) {
    begin_map("function", has_name ? 2 : 1);
    if (has_name) text("name", name);
    text("arguments", arguments);
    out.end_map();
  }

  json_writer out;
};

std::string_view reason_text(finish_reason reason) {
  return reason == finish_reason::other ? "stop" : enum_name(reason);
}

std::string event(const std::string& json) {
  return "data: " + json + "\n\n";
}

}  // namespace

std::string render_completion(const completion_name& name, const chat_reply& reply) {
  std::string text;
  answer_writer to(text);
  to.begin(name, "chat.completion", 2);
  to.begin_list("choices", 1);
  to.out.begin_map(4);
  to.number("index", 0);
  const bool has_calls = !reply.tool_calls.empty();
  to.begin_map("message", has_calls ? 4 : 3);
  to.text("role", "assistant");
  if (reply.text.empty() && has_calls) {
    to.null("content");
  } else {
    to.text("content", reply.text);
  }
  to.null("refusal");
  if (has_calls) {
    to.begin_list("tool_calls", reply.tool_calls.size());
    for (const chat_tool_call& call : reply.tool_calls) {
      to.out.begin_map(3);
      to.text("id", call.id);
      to.text("type", "function");
      to.function(call.name, call.arguments, true);
      to.out.end_map();
    }
    to.out.end_list();
  }
  to.out.end_map();
  to.logprobs(reply.logprobs);
  to.text("finish_reason", reason_text(reply.finish));
  to.out.end_map();
  to.out.end_list();
  to.usage(reply.usage);
  to.out.end_map();
  return text;
}

std::string completion_stream::piece(const chat_delta& delta) {
  std::string text;
  answer_writer to(text);
  to.begin(name_, "chat.completion.chunk", 1);
  to.begin_list("choices", 1);
  to.out.begin_map(4);
  to.number("index", 0);
  const bool is_first = !std::exchange(has_begun_, true);
  const bool has_text = !delta.text.empty() || (is_first && delta.tool_calls.empty());
  to.begin_map("delta", 3);
  if (is_first) to.text("role", "assistant");
  if (has_text) to.text("content", delta.text);
  if (!delta.tool_calls.empty()) {
    to.begin_list("tool_calls", delta.tool_calls.size());
    for (const chat_tool_call_delta& call : delta.tool_calls) {
      const bool begins = !call.id.empty() || !call.name.empty();
      to.out.begin_map(begins ? 4 : 2);
      to.number("index", call.index);
      if (begins) {
        to.text("id", call.id);
        to.text("type", "function");
      }
      to.function(call.name, call.arguments, begins);
      to.out.end_map();
    }
    to.out.end_list();
  }
  to.out.end_map();
  to.logprobs(delta.logprobs);
  to.null("finish_reason");
  to.out.end_map();
  to.out.end_list();
  to.out.end_map();
  return event(text);
}

std::string completion_stream::end(finish_reason reason, const chat_usage* usage) {
  std::string all;
  if (!has_begun_) all = piece({});
  std::string text;
  answer_writer to(text);
  to.begin(name_, "chat.completion.chunk", 1);
  to.begin_list("choices", 1);
  to.out.begin_map(4);
  to.number("index", 0);
  to.begin_map("delta", 0);
  to.out.end_map();
  to.null("logprobs");
  to.text("finish_reason", reason_text(reason));
  to.out.end_map();
  to.out.end_list();
  to.out.end_map();
  all += event(text);
  if (usage != nullptr) {
    text.clear();
    answer_writer last(text);
    last.begin(name_, "chat.completion.chunk", 2);
    last.begin_list("choices", 0);
    last.out.end_list();
    last.usage(*usage);
    last.out.end_map();
    all += event(text);
  }
  return all.append(done_event);
}

std::string completion_stream::fail(const http_problem& problem) const {
  return event(problem.to_json()).append(done_event);
}

namespace {

void write_model(answer_writer& to, const listed_model& model) {
  to.out.begin_map(4);
  to.text("id", model.id);
  to.text("object", "model");
  to.out.write_key("created");
  to.out.write_int64(model.created_s);
  to.text("owned_by", model.owned_by);
  to.out.end_map();
}

}  // namespace

std::string render_models(std::span<const listed_model> models) {
  std::string text;
  answer_writer to(text);
  to.out.begin_map(2);
  to.text("object", "list");
  to.begin_list("data", models.size());
  for (const listed_model& model : models) write_model(to, model);
  to.out.end_list();
  to.out.end_map();
  return text;
}

std::string render_model(const listed_model& model) {
  std::string text;
  answer_writer to(text);
  write_model(to, model);
  return text;
}

}  // namespace sage::serving
