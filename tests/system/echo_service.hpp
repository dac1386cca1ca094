/// A chat server over a scripted model, in this process, that says what it was told.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sage/agents.hpp"
#include "sage/sage.hpp"
#include "sage/serving.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "tests/catch.hpp"
#include "tests/system/raw_client.hpp"

namespace sage::test {

using sage::testing::raw_client;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;

struct memory {
  chat_history history;
};

inline scripted_call echo(const chat_request& request, std::uint64_t) {
  scripted_call reply;
  reply.text = std::to_string(request.messages.size()) + " messages, the last: " + request.messages.back().text;
  reply.pieces = 4;
  if (request.messages.back().text == "hang") reply.delay = std::chrono::hours(1);
  llm::provider_error problem;
  problem.message = "canary of the provider";
  if (request.messages.back().text == "refuse") {
    problem.status = 400;
    problem.code = "context_length_exceeded";
    reply.problem = problem;
  }
  if (request.messages.back().text == "throttle") {
    problem.failure = llm::provider_failure::throttled;
    problem.retry_after_ms = 2500;
    reply.problem = problem;
  }
  if (request.messages.back().text == "key") {
    problem.failure = llm::provider_failure::unauthorized;
    problem.status = 401;
    reply.problem = problem;
  }
  if (request.messages.back().text == "fail") reply.failure = error(errc::io, "the model is away");
  return reply;
}

inline task<> talk(agent<memory>& self, completion_call in, emitter<answer_part>& out) {
  answer_stream answer(out);
  chat_history& history = self.state().history;
  for (chat_message& message : in.messages) history.add(std::move(message));
  auto reply = co_await self.chat("main").messages(history).observe(answer);
  answer.end(reply.reply, reply.usage);
}

// A service on a port of its own, on the engine of actors.
struct echo_service {
  explicit echo_service(serving::chat_server_options options = {}, std::shared_ptr<span_recorder> spans = nullptr)
      : model(std::make_shared<scripted_chat_model>(echo)) {
    env.options().spans = std::move(spans);
    auto resources = std::make_shared<agent_resources>();
    resources->model("main", model);
    options.listen = "127.0.0.1:0";
    std::promise<serving::address> bound;
    std::future<serving::address> where = bound.get_future();
    options.on_bound = [&bound](const serving::address& its) { bound.set_value(its); };
    env.from_source(serving::chat_server(std::move(options)))
        .filter([](const completion_call& call) { return call.text != "filtered"; })
        .name("polite")
        .key_by(&completion_call::conversation)
        .transform("talk", agent_operator(talk, {.capacity = 100, .resources = resources}))
        .on_error(sage::drop)
        .sink(serving::reply());
    running = env.submit("service");
    REQUIRE(where.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    port = where.get().port;
  }
  ~echo_service() {
    running->cancel();
    try {
      running->wait();
    } catch (const error&) {  // cancelled
    }
  }
  [[nodiscard]] std::string post(const std::string& body, const std::string& headers = {}) const {
    raw_client client(port);
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
        "application/json\r\n" +
        headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    REQUIRE(client.read_to_end());
    return client.seen;
  }
  static std::string asking(const std::string& text, const std::string& more = {}) {
    return R"({"model":"sage","messages":[{"role":"user","content":")" + text + "\"}]" + more + "}";
  }

  std::shared_ptr<scripted_chat_model> model;
  local_environment env;
  std::optional<job> running;
  std::uint16_t port = 0;
};

}  // namespace sage::test
