#include "sage/testing/scripted_reply.hpp"

#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"

namespace sage::testing {

namespace {

std::string json_of(dynamic_map map) {
  return to_json(dynamic_value(std::move(map)));
}

}  // namespace

scripted_reply scripted_reply::text(std::string_view whole) {
  return pieces({std::string(whole)});
}

scripted_reply scripted_reply::pieces(std::vector<std::string> parts) {
  scripted_reply reply;
  reply.parts_ = std::move(parts);
  return reply;
}

scripted_reply scripted_reply::calls(std::string_view tool, std::string_view arguments) {
  scripted_reply reply;
  reply.and_calls(tool, arguments);
  return reply;
}

scripted_reply scripted_reply::failure(int status, std::string_view message) {
  scripted_reply reply;
  reply.status_ = status;
  reply.problem_ = message;
  return reply;
}

scripted_reply& scripted_reply::and_calls(std::string_view tool, std::string_view arguments) {
  calls_.push_back({"", std::string(tool), std::string(arguments)});
  return *this;
}

scripted_reply& scripted_reply::usage(std::uint64_t input_tokens, std::uint64_t output_tokens) {
  usage_.input_tokens = input_tokens;
  usage_.output_tokens = output_tokens;
  return *this;
}

scripted_reply& scripted_reply::model(std::string_view name) {
  model_ = name;
  return *this;
}

scripted_reply& scripted_reply::header(std::string_view name, std::string_view value) {
  headers_.emplace_back(name, value);
  return *this;
}

scripted_reply& scripted_reply::waits(std::string_view gate) {
  gate_ = gate;
  return *this;
}

scripted_reply& scripted_reply::each_waits(std::string_view gate) {
  piece_gate_ = gate;
  return *this;
}

scripted_reply& scripted_reply::cut_after(std::size_t pieces) {
  break_ = break_off::cut;
  break_after_ = pieces;
  return *this;
}

scripted_reply& scripted_reply::hangs_after(std::size_t pieces) {
  break_ = break_off::hang;
  break_after_ = pieces;
  return *this;
}

scripted_answer scripted_reply::render(bool streamed, std::uint64_t id) const {
  if (status_ != 200) {
    scripted_answer answer;
    if (!gate_.empty()) answer.wait(gate_);
    const dynamic_map error{{"message", problem_}, {"type", "scripted"}, {"param", nullptr}, {"code", nullptr}};
    return answer.then(scripted_answer::json(status_, json_of({{"error", error}}), headers_));
  }
  return streamed ? render_stream(id) : render_whole(id);
}

/// The chunks of a stream: one per piece of text and per call, then the end, then the usage.
std::vector<std::string> scripted_reply::chunks(std::uint64_t id) const {
  std::vector<std::string> all;
  const auto chunk = [&](dynamic_list choices, dynamic_value usage) {
    all.push_back(json_of({{"id", "chatcmpl-" + std::to_string(id)},
                           {"object", "chat.completion.chunk"},
                           {"model", model_},
                           {"choices", std::move(choices)},
                           {"usage", std::move(usage)}}));
  };
  const auto choice = [&](dynamic_map delta, dynamic_value finish) {
    chunk({dynamic_map{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}}, nullptr);
  };
  for (const std::string& part : parts_) choice({{"role", "assistant"}, {"content", part}}, nullptr);
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    dynamic_map call{{"index", i},
                     {"id", "call-" + std::to_string(id) + "-" + std::to_string(i)},
                     {"type", "function"},
                     {"function", dynamic_map{{"name", calls_[i].name}, {"arguments", calls_[i].arguments}}}};
    choice({{"role", "assistant"}, {"tool_calls", dynamic_list{std::move(call)}}}, nullptr);
  }
  choice({}, calls_.empty() ? "stop" : "tool_calls");
  chunk({}, dynamic_map{{"prompt_tokens", usage_.input_tokens}, {"completion_tokens", usage_.output_tokens}});
  all.emplace_back("[DONE]");
  return all;
}

scripted_answer scripted_reply::render_stream(std::uint64_t id) const {
  scripted_answer answer;
  if (!gate_.empty()) answer.wait(gate_);
  answer.then(scripted_answer::events(headers_));
  const std::vector<std::string> all = chunks(id);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (break_ != break_off::never && i == break_after_) {
      // Inside the JSON of the next piece.
      answer.piece("data: " + all[i].substr(0, all[i].size() / 2));
      return break_ == break_off::cut ? answer.reset() : answer.hang();
    }
    if (!piece_gate_.empty() && i < parts_.size() + calls_.size()) answer.wait(piece_gate_);
    answer.event(all[i]);
  }
  return answer.end();
}

scripted_answer scripted_reply::render_whole(std::uint64_t id) const {
  std::string text;
  for (const std::string& part : parts_) text += part;
  dynamic_map message{{"role", "assistant"}, {"content", parts_.empty() ? dynamic_value() : dynamic_value(text)}};
  dynamic_list calls;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    calls.push_back(
        dynamic_map{{"id", "call-" + std::to_string(id) + "-" + std::to_string(i)},
                    {"type", "function"},
                    {"function", dynamic_map{{"name", calls_[i].name}, {"arguments", calls_[i].arguments}}}});
  }
  const char* const finish = calls.empty() ? "stop" : "tool_calls";
  if (!calls.empty()) message.emplace_back("tool_calls", std::move(calls));
  const dynamic_map choice{{"index", 0}, {"message", std::move(message)}, {"finish_reason", finish}};
  const std::string body = json_of({{"id", "chatcmpl-" + std::to_string(id)},
                                    {"object", "chat.completion"},
                                    {"model", model_},
                                    {"choices", dynamic_list{choice}},
                                    {"usage", dynamic_map{{"prompt_tokens", usage_.input_tokens},
                                                          {"completion_tokens", usage_.output_tokens},
                                                          {"total_tokens", usage_.tokens()}}}});
  const scripted_answer whole = scripted_answer::json(200, body, headers_);
  scripted_answer answer;
  if (!gate_.empty()) answer.wait(gate_);
  const std::string& bytes = whole.steps().front().text;
  if (break_ == break_off::never) return answer.raw(bytes);
  answer.raw(std::string_view(bytes).substr(0, bytes.size() - body.size() / 2));
  return break_ == break_off::cut ? answer.reset() : answer.hang();
}

}  // namespace sage::testing
