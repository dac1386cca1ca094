/// A service of ours over the tiny model: an agent with a tool of its own, and the bare model for clients that bring
/// theirs.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "sage/agents.hpp"
#include "sage/agents/answer_stream.hpp"
#include "sage/agents/tools/tool.hpp"
#include "sage/sage.hpp"
#include "sage/serving.hpp"
#include "tests/system/real_models.hpp"

namespace sage::testing {

struct weather_query {
  std::string city;
};
SAGE_DESCRIBE(weather_query, city)

struct weather_memory {
  chat_history history;
};
SAGE_DESCRIBE(weather_memory, history)

/// The model "weather": remembers, and looks the weather up by itself.
inline task<> weather_agent(agent<weather_memory>& self, completion_call in, emitter<answer_part>& out) {
  answer_stream shown(out);
  chat_history& history = self.state().history;
  for (chat_message& message : in.messages) history.add(std::move(message));
  auto call = self.chat("main").messages(history).tools("get_weather").temperature(0).observe(shown);
  chat_answer answer = co_await call;
  shown.end(answer.reply, answer.usage);
}

/// The model "tiny-chat": asks what the client asks and passes on what comes, pieces of tool calls too.
class pass_on {
 public:
  explicit pass_on(std::shared_ptr<chat_model> model) : model_(std::move(model)) {}
  task<> operator()(const completion_call& call, emitter<answer_part>& out) const {
    watcher shown(out);
    chat_reply reply = co_await model_->chat(call.chat, &shown);
    answer_part last;
    last.number = shown.number;
    last.done = true;
    last.model = reply.model;
    last.finish = reply.finish;
    last.usage = reply.usage;
    out.push(std::move(last));
  }

 private:
  struct watcher final : chat_observer {
    explicit watcher(emitter<answer_part>& to) : out(to) {}
    void on_delta(const chat_delta& piece) override {
      answer_part part;
      part.number = number++;
      part.text = piece.text;
      part.tool_calls = piece.tool_calls;
      part.logprobs = piece.logprobs;
      out.push(std::move(part));
    }
    [[nodiscard]] bool is_full() const override { return out.is_full(); }
    task<> room() override { co_await out.room(); }
    emitter<answer_part>& out;
    std::uint32_t number = 0;
  };
  std::shared_ptr<chat_model> model_;
};

/// Runs while it lives, on a port of its own; `token` is what its one caller presents.
class weather_service {
 public:
  static constexpr const char* token = "the-token-of-the-only-caller";

  explicit weather_service(const real_server& model, std::shared_ptr<embedding_model> embeddings = nullptr) {
    const auto tiny = tiny_chat(model);
    auto resources = std::make_shared<agent_resources>();
    resources->model("main", tiny);
    resources->tool(make_tool("get_weather", "the weather of a city",
                              [](const weather_query& query) { return std::to_string(10 + query.city.size()); }));
    auto known = std::make_shared<serving::callers>();
    if (const auto added = known->add_token("tests", secret<std::string>(token)); !added) throw added.error();

    std::promise<serving::address> bound;
    std::future<serving::address> where = bound.get_future();
    serving::chat_server_options options;
    options.listen = "127.0.0.1:0";
    options.models = {"weather", "tiny-chat"};
    options.allowed = known;
    options.embeddings = std::move(embeddings);
    options.on_bound = [&bound](const serving::address& its) { bound.set_value(its); };
    auto asked = env_.from_source(serving::chat_server(std::move(options)))
                     .route([](const completion_call& call) { return call.chat.model; }, {"weather"});
    auto forecasts = asked["weather"]
                         .key_by(&completion_call::conversation)
                         .transform("weather", agent_operator(weather_agent, {.resources = resources}));
    auto bare = asked.otherwise().async_flat_map(pass_on(tiny), {.order = unordered}).on_error(drop);
    forecasts.on_error(drop).union_with(bare).sink(serving::reply());
    running_ = env_.submit("weather");
    if (where.wait_for(std::chrono::seconds(10)) != std::future_status::ready) throw std::runtime_error("not bound");
    base_url_ = "http://127.0.0.1:" + std::to_string(where.get().port) + "/v1";
  }
  ~weather_service() {
    running_->cancel();
    try {
      running_->wait();
    } catch (const error&) {  // cancelled
    }
  }
  weather_service(const weather_service&) = delete;
  weather_service& operator=(const weather_service&) = delete;

  [[nodiscard]] const std::string& base_url() const noexcept { return base_url_; }

 private:
  local_environment env_;
  std::optional<job> running_;
  std::string base_url_;
};

}  // namespace sage::testing
