// Models that stand in front of others, around a model that writes its own answers: tests/real.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sage/llm/models/model_error.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "tests/catch.hpp"
#include "tests/system/real_models.hpp"

namespace {

using namespace std::chrono_literals;
using namespace sage;
using namespace sage::testing;

// Says hello so many times at once.
std::vector<std::string> greet(const chat_model_ref& model, int times) {
  const auto call = [model](int) -> task<std::string> {
    const chat_request request = question("hello");
    std::string seen;
    try {
      const chat_reply reply = co_await model->chat(request, nullptr);
      seen = reply.text;
    } catch (const error& problem) {
      seen = to_string(problem.code());
    }
    co_return seen;
  };
  return run_all(std::vector<int>(static_cast<std::size_t>(times), 1), call);
}

const std::string greeting = "hello, how can i help you?";

std::shared_ptr<llm::estimating_tokenizer> estimate() {
  return std::make_shared<llm::estimating_tokenizer>();
}

TEST_CASE("a busy real server's refusals are waited out", "[system][real]") {
  const real_server server("model_server.mjs", {"--slots", "1", "--waiting-max", "0", "--tokens-per-second", "500"});
  const auto gate = std::make_shared<llm::endpoint_gate>(llm::endpoint_limits{});
  const chat_model_ref model = retrying_model(limited_model(tiny_chat(server), gate, estimate()));
  CHECK(greet(model, 4) == std::vector<std::string>(4, greeting));
  CHECK(gate->in_flight() == 0);
  CHECK(gate->waiting() == 0);
}

TEST_CASE("a real model takes over from one that can't be reached or has gone", "[system][real]") {
  const real_server server("model_server.mjs");
  std::shared_ptr<http_chat_model> gone;
  {
    const real_server short_lived("model_server.mjs");
    gone = tiny_chat(short_lived);
  }
  const chat_model_ref model = fallback_model({breaking_model(gone), tiny_chat(server)});
  CHECK(greet(model, 8) == std::vector<std::string>(8, greeting));
}

TEST_CASE("a second real model answers for a slow one, which is hung up on", "[system][real]") {
  const real_server slow("model_server.mjs", {"--tokens-per-second", "5"});
  const real_server quick("model_server.mjs");
  const chat_model_ref model = hedged_model(tiny_chat(slow), tiny_chat(quick), 50ms);
  CHECK(greet(model, 2) == std::vector<std::string>(2, greeting));
  CHECK(comes_true([&] { return page_of(slow, "/calls").find(R"("given_up":2)") != std::string::npos; }));
}

TEST_CASE("what a real model has said is not asked again", "[system][real]") {
  const real_server server("model_server.mjs");
  const chat_model_ref model = cached_model(tiny_chat(server));
  CHECK(greet(model, 1).front() == greeting);
  CHECK(greet(model, 5) == std::vector<std::string>(5, greeting));
  CHECK(page_of(server, "/calls").find(R"("finished":1,)") != std::string::npos);
}

TEST_CASE("a budget counts what a real model has used, and refuses what is over it", "[system][real]") {
  const real_server server("model_server.mjs");
  llm::budget_settings settings;
  settings.job.calls_max = 3;
  const auto budget = std::make_shared<budget_port>(settings);
  const chat_model_ref model = budgeted_model(tiny_chat(server), budget, estimate());
  std::vector<std::string> seen = greet(model, 5);
  CHECK(std::count(seen.begin(), seen.end(), greeting) == 3);
  CHECK(std::count(seen.begin(), seen.end(), "limit") == 2);
  const llm::spending spent = budget->spent(llm::budget::level::job, "");
  CHECK(spent.tokens == 3 * 33);
  CHECK(spent.reserved == 0);
}

}  // namespace
