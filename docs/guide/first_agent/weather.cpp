// An agent with a tool and a memory. Its model is a script, so it runs anywhere and always answers the same.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <sage/agents.hpp>
#include <sage/sage.hpp>
#include <sage/testing/scripted_chat_model.hpp>

struct weather_query {
  std::string city;
};
SAGE_DESCRIBE(weather_query, city)
SAGE_EXPLAIN(weather_query, {"city", "name of a city, in lower case"})

std::string get_weather(const weather_query& query) {
  return query.city == "quito" ? "21 degrees" : "nothing is known of " + query.city;
}

struct question {
  std::string user;
  std::string text;
};
struct memory {
  sage::chat_history history;
};
SAGE_DESCRIBE(memory, history)

sage::task<std::string> weather_agent(sage::agent<memory>& self, question in) {
  self.state().history.add_user(in.text);
  auto reply = co_await self.chat("main")
                   .system("You know the weather. Ask the tool, never guess.")
                   .messages(self.state().history)
                   .tools("get_weather");
  co_return in.user + ": " + reply.text + " (" + std::to_string(self.state().history.messages.size()) + " messages)";
}

sage::testing::scripted_call says(std::string text) {
  sage::testing::scripted_call answer;
  answer.text = std::move(text);
  return answer;
}
sage::testing::scripted_call calls(std::string tool, std::string arguments) {
  sage::testing::scripted_call answer;
  answer.tool_calls.push_back({"call_1", std::move(tool), std::move(arguments)});
  return answer;
}

int main() {
  auto resources = std::make_shared<sage::agent_resources>();
  resources->tool(sage::make_tool("get_weather", "the weather of a city", get_weather));
  resources->model("main", std::make_shared<sage::testing::scripted_chat_model>(
                               std::vector{calls("get_weather", R"({"city": "quito"})"),  // to ann's first question
                                           says("it has 21 degrees in quito"),  // once it has seen the tool's result
                                           says("you are welcome")}));          // to her second

  sage::local_environment env;
  env.from_source(sage::collection<question>({{"ann", "how is the weather in quito?"}, {"ann", "thank you"}}))
      .key_by(&question::user)
      .transform("weather", sage::agent_operator(weather_agent, {.resources = resources}))
      .sink([](const std::string& answer) { std::printf("%s\n", answer.c_str()); });
  env.execute("weather");
}
