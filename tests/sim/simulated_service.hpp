/// Many conversations with agents, in front of a provider that misbehaves, as one operator under virtual time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sage/agents/agent_operator.hpp"
#include "sage/agents/answer_stream.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "sage/testing/asked_requests.hpp"
#include "sage/testing/operator_harness.hpp"
#include "tests/catch.hpp"
#include "tests/sim/faulty_provider.hpp"

namespace sage::test {

struct question {
  std::uint64_t number = 0;
  std::string conversation;
  std::string text;
};
SAGE_DESCRIBE(question, number, conversation, text)

struct answered_question {
  std::uint64_t number = 0;
  std::string text;
};
SAGE_DESCRIBE(answered_question, number, text)

struct product_query {
  std::string product;
};
SAGE_DESCRIBE(product_query, product)

/// Everything that differs from seed to seed but the order of events.
struct service_plan {
  std::size_t requests = 160;
  std::size_t conversations = 60;
  provider_faults faults;
  bool with_retry = true;
  bool with_breaker = false;
  bool with_budget = false;
  bool dead_letters = false;
  bool short_turns = false;  ///< every look at the clock ends the operator's turn
  std::size_t capacity = 64;
  nanoseconds arrivals_within = 10'000'000'000;
  std::uint32_t stopped_percent = 0;
  std::uint32_t with_deadline_percent = 0;
};

[[nodiscard]] inline service_plan draw_plan(std::mt19937_64& random) {
  const auto draw = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  service_plan plan;
  plan.conversations = 10 + draw(100);
  if (draw(4) != 0) {
    plan.faults = {draw(60), draw(40), draw(20), draw(60), draw(300), draw(15), draw(2) == 0};
  }
  plan.with_retry = draw(4) != 0;
  plan.with_breaker = draw(3) == 0;
  plan.with_budget = draw(3) == 0;
  plan.dead_letters = draw(2) == 0;
  plan.short_turns = draw(2) == 0;
  plan.capacity = 1 + draw(100);
  plan.arrivals_within = static_cast<nanoseconds>(1 + draw(30)) * 1'000'000'000;
  plan.stopped_percent = draw(30);
  plan.with_deadline_percent = draw(30);
  return plan;
}

struct memory_of_questions {
  chat_history history;
};

// ---- the agents: one that answers whole, one that streams

inline task<answered_question> whole_agent(agent<memory_of_questions>& self, question in) {
  chat_history& history = self.state().history;
  history.add_user(in.text);
  chat_answer reply =
      co_await self.chat("main").messages(history).window_tokens(2000).tools("get_price", "slow_look", "breaks");
  auto book = [&] { return reply.text.size(); };
  const std::size_t size = co_await self.effect("book", in.number, book);
  if (size != reply.text.size()) throw error(errc::internal, "an effect returned something else");
  co_return answered_question(in.number, reply.text);
}

inline task<> streaming_agent(agent<memory_of_questions>& self, question in, emitter<answer_part>& out) {
  answer_stream answer(out);
  chat_history& history = self.state().history;
  history.add_user(in.text);
  chat_answer reply =
      co_await self.chat("main").messages(history).tools("get_price", "slow_look", "breaks").observe(answer);
  answer.end(reply.reply, reply.usage);
}

/// One run. `Agent` is one of the above, `Out` what it emits.
template <class Out>
class simulated_service {
 public:
  template <class Agent>
  simulated_service(std::mt19937_64& random, service_plan plan, Agent agent)
      : random_(random),
        plan_(plan),
        provider(std::make_shared<faulty_provider>(random, plan.faults)),
        gate(std::make_shared<llm::endpoint_gate>(llm::endpoint_limits{})),
        budget(std::make_shared<budget_port>(budgets())),
        harness_([&] { return make_operator(agent); }) {}

  /// Until every request has ended. A run that goes nowhere fails the test.
  void run() {
    if (plan_.short_turns) harness_.core().self().set_turn_max(0);
    plan_events();
    const nanoseconds begun = now();
    for (std::uint64_t steps = 0; !is_over(); ++steps) {
      REQUIRE(steps < 2'000'000);
      REQUIRE(now() - begun < 6 * 3600 * 1'000'000'000ll);
      if (!step()) {
        INFO(asked.open() << " of " << asked.size() << " requests are open, " << gate->waiting() << " calls wait, "
                          << gate->in_flight() << " are in flight");
        FAIL("the service hangs");
      }
    }
    ended_at = now();
  }

  [[nodiscard]] nanoseconds now() { return harness_.time().now(); }
  [[nodiscard]] const operators::fate& fates() const { return harness_.fates(); }

 private:
  static llm::budget_settings budgets() {
    llm::budget_settings settings;
    settings.conversation.calls_max = 12;
    settings.tenant.tokens_max = 100'000;
    return settings;
  }

  template <class Agent>
  operators::operator_ptr make_operator(Agent agent) {
    const auto tokens = std::make_shared<llm::estimating_tokenizer>();
    chat_model_ref model = limited_model(provider, gate, tokens);
    if (plan_.with_breaker) model = breaking_model(model);
    if (plan_.with_retry) model = retrying_model(model);
    if (plan_.with_budget) model = budgeted_model(model, budget, tokens);
    auto resources = std::make_shared<agent_resources>();
    resources->model("main", model)
        .tool(make_tool("get_price", "the price of a product", [](const product_query& of) { return of.product; }))
        .tool(make_tool(
            "slow_look", "looks it up", [](const product_query& of) { return of.product + "!"; },
            tool_execution::blocking))
        .tool(make_tool("breaks", "fails",
                        [](const product_query&) -> std::string { throw std::runtime_error("no"); }));
    agent_options options;
    options.capacity = plan_.capacity;
    options.deadline = std::chrono::minutes(10);
    options.steps_max = 5;
    options.resources = resources;
    return agent_operator(agent, options)
        .make_operator(&question::conversation, plan_.dead_letters ? dead_letters : drop);
  }

  void plan_events() {
    const auto percent = [&](std::uint32_t of) { return random_() % 100 < of; };
    for (std::uint64_t i = 0; i < plan_.requests; ++i) {
      const nanoseconds at =
          now() + static_cast<nanoseconds>(random_() % static_cast<std::uint64_t>(plan_.arrivals_within));
      arrivals_.emplace(at, i);
      if (percent(plan_.stopped_percent)) {
        stops_.emplace(at + static_cast<nanoseconds>(random_() % 20'000'000'000), i);
      }
    }
  }

  // One thing that happens; false when nothing can.
  bool step() {
    if (is_due(stops_)) {
      stop(take(stops_));
    } else if (is_due(arrivals_) && !harness_.is_suspended()) {
      arrive();
    } else if (harness_.core().has_news()) {
      get_on();
    } else if (arrivals_.empty() && !harness_.is_suspended() && !has_ended_) {
      has_ended_ = true;
      harness_.end();
    } else if (const auto at = next_moment()) {
      harness_.time().advance_to(*at);
      if (harness_.core().wake_at().value_or(now() + 1) <= now()) get_on();
    } else {
      return false;
    }
    answer_what_came();
    return true;
  }

  using schedule = std::multimap<nanoseconds, std::uint64_t>;

  [[nodiscard]] bool is_due(const schedule& of) { return !of.empty() && of.begin()->first <= now(); }
  static std::uint64_t take(schedule& of) {
    const std::uint64_t number = of.begin()->second;
    of.erase(of.begin());
    return number;
  }
  // When something happens by itself; an arrival that is due waits for the operator.
  [[nodiscard]] std::optional<nanoseconds> next_moment() {
    std::optional<nanoseconds> at = harness_.core().wake_at();
    const auto consider = [&](const schedule& of) {
      if (!of.empty() && of.begin()->first > now()) at = at ? std::min(*at, of.begin()->first) : of.begin()->first;
    };
    consider(stops_);
    consider(arrivals_);
    return at;
  }
  void get_on() { harness_.is_suspended() ? harness_.resume() : harness_.wake(); }
  void arrive() {
    std::vector<question> batch;
    std::vector<ref<item_scope>> items;
    while (is_due(arrivals_)) {
      const std::uint64_t number = take(arrivals_);
      question one;
      one.number = number;
      one.conversation = "c" + std::to_string(random_() % plan_.conversations);
      one.text = std::to_string(random_() % 4) + " of " + std::to_string(number);
      item_settings settings;
      settings.tenant = "t" + std::to_string(random_() % 3);
      settings.conversation = one.conversation;
      if (random_() % 100 < plan_.with_deadline_percent) {
        settings.deadline = now() + static_cast<nanoseconds>(random_() % 40'000'000'000);
      }
      asked_in_[one.conversation].push_back(number);
      items.push_back(asked.ask(number, std::move(settings)));
      open_.emplace(number, items.back().get());
      batch.push_back(std::move(one));
    }
    harness_.feed(std::move(batch), std::move(items));
  }
  // The test holds no share, as a server doesn't: an item that has ended is gone.
  void stop(std::uint64_t number) {
    const auto found = open_.find(number);
    if (found == open_.end() || asked.outcome(number).ends() > 0) return;
    found->second->stop(stop_reason::client);
    ++stopped;
  }

  void answer_what_came() {
    for (const auto& one : harness_.core().take_emissions()) {
      if (one.port != operators::main_port) continue;
      const batch<Out>& records = batch_cast<Out>(*one.records);
      for (std::size_t i = 0; i < records.size(); ++i) take(records[i], records.items()[i].get());
    }
  }
  void take(const answered_question& record, item_scope* item) {
    REQUIRE(std::to_string(record.number) == item->request_id());
    end(record.number, item, record.text);
  }
  void take(const answer_part& part, item_scope* item) {
    const std::uint64_t number = std::stoull(item->request_id());
    std::string& text = texts_[number];
    REQUIRE(part.number == parts_[number]++);  // nothing is lost or shown twice
    text += part.text;
    if (part.done) end(number, item, text);
  }
  void end(std::uint64_t number, item_scope* item, const std::string& text) {
    CHECK(text == "done of " + std::to_string(number));
    if (!testing::asked_requests::answer(item, text)) return;  // was told of its deadline before
    CHECK(answered_in_[item->conversation()] <= number_in_its_conversation(item->conversation(), number));
    answered_in_[item->conversation()] = number_in_its_conversation(item->conversation(), number);
  }
  std::size_t number_in_its_conversation(const std::string& conversation, std::uint64_t number) const {
    const auto& all = asked_in_.at(conversation);
    return static_cast<std::size_t>(std::find(all.begin(), all.end(), number) - all.begin());
  }
  bool is_over() { return has_ended_ && !harness_.is_suspended(); }

  std::mt19937_64& random_;
  service_plan plan_;

 public:
  std::shared_ptr<faulty_provider> provider;
  std::shared_ptr<llm::endpoint_gate> gate;
  std::shared_ptr<budget_port> budget;
  testing::asked_requests asked;
  std::uint64_t stopped = 0;
  nanoseconds ended_at = 0;

 private:
  testing::operator_harness<question, Out> harness_;
  schedule arrivals_;
  schedule stops_;
  std::map<std::uint64_t, item_scope*> open_;
  std::map<std::string, std::vector<std::uint64_t>> asked_in_;
  std::map<std::string, std::size_t> answered_in_;
  std::map<std::uint64_t, std::string> texts_;
  std::map<std::uint64_t, std::uint32_t> parts_;
  bool has_ended_ = false;
};

}  // namespace sage::test
