#include "sage/testing/scripted_chat_server.hpp"

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "sage/llm/dialects/provider_json.hpp"
#include "sage/model/json.hpp"

namespace sage::testing {

namespace {

seen_chat read_chat(const seen_request& request, const dynamic_value& body) {
  seen_chat chat;
  chat.model = llm::text_at(body, "model");
  const dynamic_value* stream = body.find("stream");
  const bool* wished = stream ? stream->get_if<bool>() : nullptr;
  chat.streamed = wished && *wished;
  for (const dynamic_value& each : llm::list_at(body, "messages")) {
    chat_message message;
    // An unknown role stays a user's; body has it as it came.
    static_cast<void>(enum_from_name(llm::text_at(each, "role"), message.role));
    message.text = llm::text_at(each, "content");
    message.tool_call_id = llm::text_at(each, "tool_call_id");
    message.name = llm::text_at(each, "name");
    for (const dynamic_value& part : llm::list_at(each, "content")) message.text += llm::text_at(part, "text");
    for (const dynamic_value& call : llm::list_at(each, "tool_calls")) {
      if (const dynamic_value* function = call.find("function")) {
        message.tool_calls.push_back(
            {llm::text_at(call, "id"), llm::text_at(*function, "name"), llm::text_at(*function, "arguments")});
      }
    }
    chat.messages.push_back(std::move(message));
  }
  for (const dynamic_value& each : llm::list_at(body, "tools")) {
    if (const dynamic_value* function = each.find("function")) chat.tools.push_back(llm::text_at(*function, "name"));
  }
  chat.authorization = request.header("authorization");
  chat.body = request.body;
  return chat;
}

scripted_answer answer_embeddings(const dynamic_value& body) {
  dynamic_list vectors;
  for (const dynamic_value& input : llm::list_at(body, "input")) {
    std::vector<std::uint32_t> letters(26);
    for (const char c : input.text()) {
      if (c >= 'a' && c <= 'z') ++letters[static_cast<std::size_t>(c - 'a')];
      if (c >= 'A' && c <= 'Z') ++letters[static_cast<std::size_t>(c - 'A')];
    }
    dynamic_list vector(letters.begin(), letters.end());
    vectors.push_back(
        dynamic_map{{"object", "embedding"}, {"index", vectors.size()}, {"embedding", std::move(vector)}});
  }
  const std::uint64_t tokens = vectors.size();
  const dynamic_value answer =
      dynamic_map{{"object", "list"},
                  {"model", "letters"},
                  {"data", std::move(vectors)},
                  {"usage", dynamic_map{{"prompt_tokens", tokens}, {"total_tokens", tokens}}}};
  return scripted_answer::json(200, to_json(answer));
}

}  // namespace

std::string_view seen_chat::last_text() const noexcept {
  return messages.empty() ? std::string_view() : std::string_view(messages.back().text);
}

struct scripted_chat_server::script {
  static constexpr std::size_t chats_kept_max = 20'000;

  mutable std::mutex mutex;
  std::deque<scripted_reply> replies;
  decision how;
  std::deque<seen_chat> chats;
  std::uint64_t next_id = 1;

  scripted_answer answer(const seen_request& request) {
    const auto body = from_json<dynamic_value>(request.body);
    if (request.method != "POST" || !body) {
      return scripted_reply::failure(400, "not a request that this server knows").render(false, 0);
    }
    if (request.target.ends_with("/embeddings")) return answer_embeddings(*body);
    if (!request.target.ends_with("/chat/completions")) {
      return scripted_reply::failure(404, "no such path: " + request.target).render(false, 0);
    }
    seen_chat chat = read_chat(request, *body);
    std::optional<scripted_reply> queued;
    decision decided;
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(mutex);
      id = next_id++;
      chats.push_back(chat);
      if (chats.size() > chats_kept_max) chats.pop_front();
      if (!replies.empty()) {
        queued = std::move(replies.front());
        replies.pop_front();
      }
      decided = how;
    }
    if (queued) return queued->render(chat.streamed, id);
    if (decided) return decided(chat).render(chat.streamed, id);
    return scripted_reply::text("you said: " + std::string(chat.last_text())).render(chat.streamed, id);
  }
};

scripted_chat_server::scripted_chat_server()
    : script_(std::make_shared<script>()), http_(std::make_unique<scripted_http_server>()) {
  http_->decide([script = script_](const seen_request& request) { return script->answer(request); });
}

scripted_chat_server::~scripted_chat_server() = default;

model_endpoint scripted_chat_server::endpoint() const {
  model_endpoint endpoint;
  endpoint.base_url = http_->url("/v1");
  endpoint.model = "scripted";
  endpoint.key = std::string("scripted-key");
  return endpoint;
}

scripted_chat_server& scripted_chat_server::reply(scripted_reply once) {
  const std::lock_guard lock(script_->mutex);
  script_->replies.push_back(std::move(once));
  return *this;
}

scripted_chat_server& scripted_chat_server::decide(decision how) {
  const std::lock_guard lock(script_->mutex);
  script_->how = std::move(how);
  return *this;
}

std::vector<seen_chat> scripted_chat_server::chats() const {
  const std::lock_guard lock(script_->mutex);
  return {script_->chats.begin(), script_->chats.end()};
}

scripted_http_server& scripted_chat_server::http() noexcept {
  return *http_;
}

}  // namespace sage::testing
