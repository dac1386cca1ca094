// A graph with a state, a conditional edge, a loop and a tool: a coroutine.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <sage/agents.hpp>
#include <sage/sage.hpp>

namespace {

struct weather_query {
  std::string city;
};
SAGE_DESCRIBE(weather_query, city)

int get_weather(const weather_query& query) {
  static const std::map<std::string, int> degrees{{"quito", 21}, {"oslo", 4}};
  return degrees.at(query.city);
}

struct found_city {
  std::string city;
  int degrees = 0;
};
SAGE_DESCRIBE(found_city, city, degrees)

struct trip {
  std::vector<found_city> found;
};
SAGE_DESCRIBE(trip, found)

struct request {
  std::string user;
  std::vector<std::string> cities;
};

std::string think(const request& in, const trip& state) {
  const std::size_t known = state.found.size();
  const std::string next = known < in.cities.size() ? in.cities[known] : "";
  std::printf("think: %s\n", next.empty() ? "enough is known" : ("ask for " + next).c_str());
  return next;
}

sage::task<> look_up(sage::agent<trip>& self, const std::string& city) {
  const auto call = [&city] { return get_weather({city}); };
  const int degrees = co_await self.effect("get_weather", city, call);
  std::printf("tool: %s has %d degrees\n", city.c_str(), degrees);
  self.state().found.push_back({city, degrees});
}

std::string advise(const trip& state) {
  const auto colder = [](const found_city& a, const found_city& b) { return a.degrees < b.degrees; };
  return "go to " + std::max_element(state.found.begin(), state.found.end(), colder)->city;
}

sage::task<std::string> plan_trip(sage::agent<trip>& self, request in) {
  for (int step = 0; step < 25; ++step) {
    const std::string next = think(in, self.state());
    if (next.empty()) co_return advise(self.state());
    co_await look_up(self, next);
  }
  throw sage::error(sage::errc::limit, "no answer within 25 steps", "plan_trip");
}

}  // namespace

int main() {
  sage::local_environment env;
  env.from_source(sage::collection<request>({{"ann", {"oslo", "quito"}}}))
      .key_by(&request::user)
      .transform("trips", sage::agent_operator(plan_trip))
      .sink([](const std::string& answer) { std::printf("answer: %s\n", answer.c_str()); });
  env.execute("trips");
}
