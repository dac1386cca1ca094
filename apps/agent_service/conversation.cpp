#include "agent_service/conversation.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "sage/llm/model_call.hpp"

namespace agent_service {

namespace {

// What a call has brought so far, from the client's thread to ours.
class heard_answer final : public sage::llm::model_call_listener {
 public:
  sage::llm::flow on_delta(sage::chat_delta delta) override {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(delta.text));
    changed_.notify_one();
    return sage::llm::flow::more;  // an answer of the service is bounded by its model's output limit
  }
  void on_reply(sage::chat_reply reply) override {
    const std::lock_guard lock(mutex_);
    reply_ = std::move(reply);
    changed_.notify_one();
  }
  void on_failure(const sage::llm::provider_error& problem) override {
    const std::lock_guard lock(mutex_);
    problem_ = problem;
    changed_.notify_one();
  }

  /// Shows the pieces as they come and returns the whole; throws what came instead.
  sage::chat_reply show(const conversation::printer& print) {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return !pieces_.empty() || reply_ || problem_; });
      const std::deque<std::string> pieces = std::exchange(pieces_, {});
      if (pieces.empty() && problem_) throw problem_->to_error("the scripted conversation");
      if (pieces.empty()) return *std::move(reply_);
      lock.unlock();
      for (const std::string& piece : pieces) print(piece);
      lock.lock();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> pieces_;
  std::optional<sage::chat_reply> reply_;
  std::optional<sage::llm::provider_error> problem_;
};

}  // namespace

const std::vector<std::string>& scripted_turns() {
  static const std::vector<std::string> turns{
      "Hello, who are you?",
      "Where is my order 1002?",
      "Do you still have the desk lamp in stock?",
      "Please cancel order 1004.",
      "The reading chair of order 1003 arrived broken.",
      "Thank you, that was quick!",
  };
  return turns;
}

conversation::conversation(const sage::serving::address& where, sage::secret<std::string> token, printer print)
    : where_(where), token_(std::move(token)), print_(std::move(print)) {}

void conversation::play(const std::vector<std::string>& turns) const {
  for (const std::string& text : turns) say(text);
}

void conversation::say(const std::string& text) const {
  sage::llm::http_client_options options;
  options.proxy = "";  // we talk to ourselves
  options.connections_max = 1;
  sage::llm::http_client client(std::move(options));
  sage::model_endpoint service;
  service.base_url = local_url(where_) + "/v1";
  service.model = "sage";
  service.key = token_;
  service.headers.push_back({"X-Conversation-Id", "scripted"});
  sage::chat_request request;
  request.messages.push_back({sage::chat_role::user, text, {}, {}, {}, {}});
  const auto heard = std::make_shared<heard_answer>();
  print_("\n  customer  " + text + "\n  shop      ");
  const auto call = sage::llm::model_call::start(client, service, request, sage::llm::answer_form::streamed, heard);
  const sage::chat_reply reply = heard->show(print_);
  print_("\n            [model: " + reply.model + "]\n");
}

std::string local_url(const sage::serving::address& where) {
  sage::serving::address reached = where;
  if (reached.host == "0.0.0.0") reached.host = "127.0.0.1";
  if (reached.host == "::") reached.host = "::1";
  return "http://" + reached.to_string();
}

std::string curl_advice(const sage::serving::address& where, bool needs_token) {
  return "  curl " + local_url(where) + "/v1/chat/completions -H 'Content-Type: application/json' \\\n" +
         (needs_token ? "    -H \"Authorization: Bearer $SAGE_CALLER_TOKEN\" \\\n" : "") +
         "    -d '{\"model\":\"sage\",\"messages\":[{\"role\":\"user\",\"content\":\"Where is my order 1002?\"}]}'\n";
}

}  // namespace agent_service
