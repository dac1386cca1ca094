// The agent as a service: OpenAI's chat completions in front, any model behind.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <sage/agents.hpp>
#include <sage/app.hpp>
#include <sage/llm/models/http_chat_model.hpp>
#include <sage/llm/models/wrappers.hpp>
#include <sage/sage.hpp>
#include <sage/serving.hpp>

struct weather_query {
  std::string city;
};
SAGE_DESCRIBE(weather_query, city)
SAGE_EXPLAIN(weather_query, {"city", "name of a city, in lower case"})

std::string get_weather(const weather_query& query) {
  return query.city == "quito" ? "21 degrees" : "nothing is known of " + query.city;
}

struct memory {
  sage::chat_history history;
};
SAGE_DESCRIBE(memory, history)

sage::task<> weather_agent(sage::agent<memory>& self, sage::completion_call in,
                           sage::emitter<sage::answer_part>& out) {
  sage::answer_stream answer(out);
  for (const sage::chat_message& message : in.messages) self.state().history.add(message);
  auto reply = co_await self.chat("main")
                   .system("You know the weather. Ask the tool, never guess.")
                   .messages(self.state().history)
                   .tools("get_weather")
                   .window_tokens(4000)
                   .observe(answer);
  answer.end(reply.reply, reply.usage);
}

// Answers by rules where no model is configured, and says so.
class stand_in final : public sage::chat_model {
 public:
  sage::task<sage::chat_reply> chat(const sage::chat_request& request, sage::chat_observer* observer) override {
    sage::chat_reply reply;
    reply.model = "stand-in";
    const sage::chat_message& last = request.messages.back();
    const std::size_t in = last.text.rfind(" in ");
    if (last.role == sage::chat_role::tool) {
      reply.text = "I am told: " + last.text + ".";
    } else if (in != std::string::npos && !request.tools.empty()) {
      const weather_query query{last.text.substr(in + 4, last.text.find('?', in) - in - 4)};
      reply.tool_calls.push_back({"call_1", "get_weather", sage::to_json(query)});
      reply.finish = sage::finish_reason::tool_calls;
    } else {
      reply.text = "Ask me for the weather in a city.";
    }
    sage::chat_delta whole;
    whole.text = reply.text;
    if (observer) observer->on_delta(whole);
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "stand-in"; }
};

sage::chat_model_ref model_of(const sage::options& given) {
  sage::model_endpoint endpoint;
  endpoint.base_url = given.get<std::string>("model-url");
  endpoint.model = given.get<std::string>("model");
  if (endpoint.base_url.empty()) return std::make_shared<stand_in>();
  if (const char* key = std::getenv("SAGE_API_KEY")) endpoint.key = sage::secret<std::string>(key);
  auto client = std::make_shared<sage::llm::http_client>();
  return sage::retrying_model(std::make_shared<sage::http_chat_model>(endpoint, client));
}

sage::app weather_service() {
  sage::app app("weather_service", "talks about the weather");
  app.option<std::string>("listen", "where it is reached").shown_as("HOST:PORT").fallback("127.0.0.1:8080");
  app.option<std::string>("model-url", "an OpenAI-compatible endpoint; none: rules").shown_as("URL").fallback("");
  app.option<std::string>("model", "the model to ask there").shown_as("NAME").fallback("");
  app.build([](sage::environment& env, const sage::options& given) {
    auto resources = std::make_shared<sage::agent_resources>();
    resources->tool(sage::make_tool("get_weather", "the weather of a city", get_weather));
    resources->model("main", model_of(given));

    sage::serving::chat_server_options server;
    server.listen = given.get<std::string>("listen");
    server.models = {"weather"};
    server.on_bound = [](const sage::serving::address& where) {
      std::printf("service http://%s\n", where.to_string().c_str());
      std::fflush(stdout);
    };
    env.from_source(sage::serving::chat_server(server))
        .key_by(&sage::completion_call::conversation)
        .transform("weather", sage::agent_operator(weather_agent, {.capacity = 256, .resources = resources}))
        .on_error(sage::drop)  // of one request; its client is told, the service goes on
        .sink(sage::serving::reply());
  });
  return app;
}

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, weather_service);
}
