// Agents with a model in process: how many three-step runs a second, one at a time and 64 at once, beside what CAF's
// request and response alone take; and what 10,000 conversations that wait for their model cost.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <sage/agents.hpp>
#include <sage/sage.hpp>

#include "sage/functions/tasks/completion.hpp"
#include "tests/bench/kit/raw_caf.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using namespace sage;
using sage::bench::check;

struct query {
  std::string product;
};
SAGE_DESCRIBE(query, product)

struct nothing_kept {};

/// Wants a tool called twice, then answers: what a model costs when it costs nothing. One that `overlaps` answers by
/// way of the loop's inbox, as those on sockets do, so that all runs in flight take turns.
class instant_model final : public chat_model {
 public:
  explicit instant_model(bool overlaps) : overlaps_(overlaps) {}
  task<chat_reply> chat(const chat_request& request, chat_observer*) override {
    if (overlaps_) {
      const pending<bool> answered;
      answered.make_completion().set(true);
      static_cast<void>(co_await answered);
    }
    chat_reply reply;
    reply.usage = {10, 10, 0, false};
    if (request.messages.size() < 5) {
      reply.tool_calls.push_back({"call_1", "get_price", R"({"product":"tea"})"});
      reply.finish = finish_reason::tool_calls;
    } else {
      reply.text = "it is 4 euros";
    }
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "instant"; }

 private:
  bool overlaps_;
};

/// Never answers.
class silent_model final : public chat_model {
 public:
  task<chat_reply> chat(const chat_request&, chat_observer*) override {
    ++waiting;
    co_await sleep_for(std::chrono::hours(1));
    co_return chat_reply();
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "silent"; }
  std::atomic<std::size_t> waiting{0};
};

std::shared_ptr<const agent_resources> resources_with(std::shared_ptr<chat_model> model) {
  auto all = std::make_shared<agent_resources>();
  all->model("main", std::move(model)).tool(make_tool("get_price", "the price of a product", [](const query&) {
    return std::string("4");
  }));
  return all;
}

task<std::int64_t> three_steps(agent<nothing_kept>& self, std::int64_t number) {
  chat_answer reply = co_await self.chat("main").user("what is tea?").tools("get_price");
  check(reply.steps == 3 && reply.tool_calls == 2, "an agent of three steps");
  co_return number;
}

task<std::int64_t> one_step(agent<chat_history>& self, std::int64_t number) {
  chat_history& history = self.state();
  history.add_user("where is my order, please? It was to be here on monday.");
  chat_answer reply = co_await self.chat("main").messages(history).tools("get_price");
  co_return number + static_cast<std::int64_t>(reply.steps);
}

void run_agents(std::int64_t count, std::size_t in_flight, bool overlaps) {
  const auto resources = resources_with(std::make_shared<instant_model>(overlaps));
  environment_options options;
  options.parallelism = in_flight == 1 ? 1 : options.parallelism;
  local_environment env(options);
  std::atomic<std::int64_t> seen{0};
  // Few conversations, again and again: what is measured is the run, not the table of states.
  env.from_source(range<std::int64_t>(0, count))
      .key_by([](std::int64_t number) { return number % 256; })
      .transform("agent", agent_operator(three_steps, {.capacity = in_flight, .resources = resources}))
      .sink([&seen](std::int64_t) { seen.fetch_add(1, std::memory_order_relaxed); });
  env.execute("agents");
  check(seen == count, "every run has its answer");
}

void run_caf(std::int64_t count, std::int64_t in_flight) {
  std::atomic<std::int64_t> seen{0};
  {
    bench::raw_caf_config config;
    caf::actor_system system(config);
    const caf::actor server =
        system.spawn([] { return caf::behavior{[](std::int64_t number) { return number + 1; }}; });
    system.spawn([server, count, in_flight, &seen](caf::event_based_actor* self) {
      auto ask = std::make_shared<std::function<void()>>();
      auto asked = std::make_shared<std::int64_t>(0);
      *ask = [self, server, count, asked, &seen, next = std::weak_ptr(ask)] {
        if (*asked == count) return;
        self->request(server, caf::infinite, (*asked)++).then([&seen, again = next.lock()](std::int64_t) {
          seen.fetch_add(1, std::memory_order_relaxed);
          (*again)();
        });
      };
      for (std::int64_t i = 0; i < in_flight; ++i) (*ask)();
    });
  }
  check(seen == count, "raw caf");
}

void measure_waiting(bench::session& bench) {
  constexpr std::size_t conversations = 10'000;
  const auto model = std::make_shared<silent_model>();
  local_environment env;
  const double before = bench::resident_mib();
  env.from_source(range<std::int64_t>(0, static_cast<std::int64_t>(conversations)))
      .key_by([](std::int64_t number) { return number; })
      .transform("agent", agent_operator(one_step, {.capacity = conversations,
                                                    .deadline = std::chrono::hours(2),
                                                    .resources = resources_with(model)}))
      .sink([](std::int64_t) {});
  job running = env.submit("waiting");
  const double begun = bench::wall_seconds();
  while (model->waiting < conversations) {
    check(bench::wall_seconds() - begun < 60, "every conversation waits for its model");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const double ready = bench::wall_seconds();
  const double memory = bench::resident_mib() - before;
  running.cancel();
  try {
    running.wait();
  } catch (const error& ended) {
    check(ended.code() == errc::cancelled, "a cancelled job says so");
  }
  bench.at_most("memory of 10,000 waiting conversations", memory, "MiB", 200);
  bench.note("time to begin them", (ready - begun) * 1e3, "ms");
  bench.note("time to cancel them", (bench::wall_seconds() - ready) * 1e3, "ms");
}

}  // namespace

int main(int argc, char** argv) {
  bench::session bench(argc, argv, "runs");
  const auto count = static_cast<std::int64_t>(100'000 * bench.scale());
  const auto work = static_cast<double>(count);
  if (!bench.is_single_run()) measure_waiting(bench);
  bench.add("agents_1", work, [&] { run_agents(count, 1, false); });
  bench.add("caf_1", work, [&] { run_caf(count, 1); });
  bench.add("agents_64", work, [&] { run_agents(count, 64, false); });
  bench.add("agents_64_overlapping", work, [&] { run_agents(count, 64, true); });
  bench.add("caf_64", work, [&] { run_caf(count, 64); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  const auto rate = [&](const char* name) {
    std::vector<double> rates;
    for (const bench::run_time& time : bench.at(name).times) rates.push_back(work / time.wall_s);
    return bench::median(rates);
  };
  bench.at_least("3-step agents, one at a time", rate("agents_1"), "runs/s", 50'000);
  bench.at_least("3-step agents, 64 in flight", rate("agents_64"), "runs/s", 150'000);
  bench.at_least("3-step agents, 64 in flight that take turns at each answer", rate("agents_64_overlapping"),
                 "runs/s", 150'000);
  bench.note("CAF requests, one at a time", rate("caf_1"), "requests/s");
  bench.note("CAF requests, 64 in flight", rate("caf_64"), "requests/s");
  bench.note("an agent beside a CAF request, one at a time", bench.times_as_fast("agents_1", "caf_1"), "x");
  bench.note("agents beside CAF requests, 64 in flight", bench.times_as_fast("agents_64", "caf_64"), "x");
  return bench.finish();
}
