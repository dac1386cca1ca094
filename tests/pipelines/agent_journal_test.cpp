// Agents whose process dies at any point of their journal: what was paid for is not paid again, what was done is not
// done again, and conversations go on.
#include <map>
#include <mutex>
#include <set>

#include "sage/agents.hpp"
#include "sage/agents/journal/effect_journal.hpp"
#include "sage/state/log_frames.hpp"
#include "sage/testing/memory_files.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;

namespace {

struct wish {
  std::string who;
  std::string what;
};
SAGE_DESCRIBE(wish, who, what)

struct memory {
  std::vector<std::string> said;
};
SAGE_DESCRIBE(memory, said)

struct booking {
  std::string item;
};
SAGE_DESCRIBE(booking, item)

// What is outside: a provider that wants money, and a shop that recognises a repetition by its key.
struct outside {
  std::mutex mutex;
  std::uint64_t paid = 0;
  std::uint64_t acts = 0;
  std::map<std::string, std::string> booked;  // by key
};

task<std::string> clerk(agent<memory>& self, wish in) {
  chat_answer reply = co_await self.chat("main").user(in.what).tools("book");
  self.state().said.push_back(in.what);
  std::string all;
  for (const std::string& one : self.state().said) all += " " + one;
  co_return in.who + std::to_string(self.turn()) + ": " + reply.reply.text + ";" + all;
}

task<> streaming_clerk(agent<memory>& self, wish in, emitter<std::string>& out) {
  out.push("hello");
  std::string answer = co_await clerk(self, std::move(in));
  out.push(std::move(answer));
}

std::shared_ptr<agent_resources> resources_of(outside& world) {
  auto made = std::make_shared<agent_resources>();
  made->model("main", std::make_shared<testing::scripted_chat_model>(
                          [&world](const chat_request& request, std::uint64_t) -> testing::scripted_call {
                            const std::lock_guard lock(world.mutex);
                            ++world.paid;
                            const chat_message& last = request.messages.back();
                            if (last.role == chat_role::tool) return {.text = last.text};
                            if (last.text == "talk") return {.text = "well"};
                            return {.tool_calls = {{"1", "book", R"({"item":")" + last.text + R"("})"}}};
                          }));
  made->tool(make_tool("book", "books an item", [&world](const booking& one, context& self) -> task<std::string> {
    const std::lock_guard lock(world.mutex);
    ++world.acts;
    CHECK_FALSE(self.idempotency_key().empty());
    world.booked.try_emplace(self.idempotency_key(), one.item);
    co_return "booked " + one.item;
  }));
  return made;
}

const std::vector<wish> wishes{{"ada", "tea"}, {"ben", "lamp"}, {"ada", "cup"}, {"ada", "talk"}, {"ben", "oven"}};

effect_journal_options options_of(file_system& files) {
  effect_journal_options made;
  made.directory = "journal";
  made.files = &files;
  return made;
}

// One life of the process: the wishes that come in it, and what it answers.
std::vector<std::string> live(const test::variant& how, outside& world, file_system& files,
                              const std::vector<wish>& given) {
  agent_options options;
  options.resources = resources_of(world);
  options.journal = open_effect_journal(options_of(files));
  const auto env = test::make_environment(how);
  collected<std::string> out;
  env->from_source(collection(given))
      .key_by(&wish::who)
      .transform("desk", agent_operator(clerk, options))
      .uid("desk")
      .sink(collect_into(out));
  env->execute("agents");
  return test::sorted(out);
}

std::set<std::string> booked_in(outside& world) {
  std::set<std::string> all;
  for (const auto& [key, item] : world.booked) all.insert(item);
  return all;
}

const test::variant variants[] = {{"reference", 1, 1, true}, {"reference", 3, 7, false}, {"actors", 2, 1, true}};

}  // namespace

TEST_CASE("conversations outlive the process", "[agents][journal]") {
  for (const test::variant& how : variants) {
    INFO(how.title());
    testing::memory_files files;
    outside world;
    live(how, world, files, {{"ada", "tea"}, {"ben", "lamp"}});
    CHECK(live(how, world, files, {{"ada", "cup"}}) == std::vector<std::string>{"ada1: booked cup; tea cup"});
    CHECK(live(how, world, files, {{"ben", "talk"}, {"cid", "talk"}}) ==
          std::vector<std::string>{"ben1: well; lamp talk", "cid0: well; talk"});
    CHECK(world.acts == 3);
  }
}

TEST_CASE("a process that dies at any point of its journal goes on where it was", "[agents][journal]") {
  for (const test::variant& how : variants) {
    INFO(how.title());
    testing::memory_files first;
    {
      outside world;
      REQUIRE(live(how, world, first, wishes).size() == wishes.size());
      CHECK(world.paid == 9);
      CHECK(world.acts == 4);
    }
    const std::string whole = first.content("journal/effects.log");
    state::frame_reader frames(whole);
    std::size_t points = 0;
    for (std::optional<state::frame> next = frames.next(); next; next = frames.next(), ++points) {
      // A frame that was being written when it died is cut in the middle.
      for (const std::size_t cut : {std::size_t{0}, std::size_t{5}}) {
        const std::size_t end = std::min(frames.position() + cut, whole.size());
        testing::memory_files files;
        files.put("journal/effects.log", whole.substr(0, end));
        std::size_t begun = 0, ended = 0, paid = 0, done = 0, intended = 0;
        std::set<std::string> acted;
        state::frame_reader known(std::string_view(whole).substr(0, end));
        while (const auto one = known.next()) {
          if (one->kind == agents::frame_of_begin) ++begun;
          if (one->kind == agents::frame_of_end) ++ended;
          if (one->kind == agents::frame_of_intent) ++intended;
          if (one->kind != agents::frame_of_result) continue;
          const auto result = state::read_frame<agents::effect_result>(*one, "");
          ++(result.effect.kind == effect_kind::chat ? paid : done);
        }
        outside world;
        const std::vector<std::string> answers = live(how, world, files, {});
        INFO("after " << points << " frames, " << begun << " turns begun, " << ended << " ended");
        CHECK(answers.size() == begun - ended);
        // Two calls of the model per turn, one for talk: what was paid for before isn't paid for again.
        std::size_t calls = 0;
        for (std::size_t i = 0; i < answers.size(); ++i)
          calls += answers[i].find("well") == std::string::npos ? 2 : 1;
        CHECK(world.paid <= calls);
        CHECK(world.paid + paid >= calls);
        CHECK(world.acts >= intended - done);
        CHECK(world.acts <= begun - ended);
        CHECK(world.booked.size() == world.acts);
        // Nothing is left to be done.
        CHECK(live(how, world, files, {}).empty());
      }
    }
    CHECK(points > 25);
  }
}

TEST_CASE("an act that was begun is tried again under the same key", "[agents][journal]") {
  testing::memory_files files;
  outside world;
  const test::variant how = variants[0];
  live(how, world, files, {{"ada", "tea"}});
  const std::string whole = files.content("journal/effects.log");
  state::frame_reader frames(whole);
  std::size_t intent_end = 0;
  while (const auto next = frames.next()) {
    if (next->kind == agents::frame_of_intent) intent_end = frames.position();
  }
  files.put("journal/effects.log", whole.substr(0, intent_end));
  CHECK(live(how, world, files, {}) == std::vector<std::string>{"ada0: booked tea; tea"});
  CHECK(world.acts == 2);
  CHECK(world.booked.size() == 1);
  CHECK(booked_in(world) == std::set<std::string>{"tea"});
}

TEST_CASE("an agent whose code has changed is found out, not misled", "[agents][journal]") {
  testing::memory_files files;
  outside world;
  live(variants[0], world, files, {{"ada", "tea"}});
  const std::string whole = files.content("journal/effects.log");
  state::frame_reader frames(whole);
  std::size_t result_end = 0;
  while (const auto next = frames.next()) {
    if (next->kind == agents::frame_of_result && result_end == 0) result_end = frames.position();
  }
  files.put("journal/effects.log", whole.substr(0, result_end));
  agent_options options;
  options.resources = resources_of(world);
  options.journal = open_effect_journal(options_of(files));
  reference_environment env;
  collected<std::string> out;
  env.from_source(collection(std::vector<wish>{}))
      .key_by(&wish::who)
      .transform("desk", agent_operator(
                             [](agent<memory>& self, wish in) -> task<std::string> {
                               chat_answer reply = co_await self.chat("main").user("other " + in.what);
                               co_return reply.reply.text;
                             },
                             options))
      .uid("desk")
      .sink(collect_into(out));
  CHECK_THROWS_WITH(env.execute("agents"), Catch::Contains("the turn has diverged"));
}

TEST_CASE("an agent that can't be kept is refused", "[agents][journal]") {
  struct undescribed {
    int turns = 0;
  };
  testing::memory_files files;
  agent_options options;
  options.journal = open_effect_journal(options_of(files));
  reference_environment env;
  env.from_source(collection(wishes))
      .key_by(&wish::who)
      .transform("desk", agent_operator(
                             [](agent<undescribed>& self, wish in) -> task<std::string> {
                               ++self.state().turns;
                               co_return in.what;
                             },
                             options))
      .sink(discard());
  CHECK_THROWS_WITH(env.execute("agents"), Catch::Contains("describe its state"));
}

TEST_CASE("an agent doesn't go on when its journal can't be written", "[agents][journal]") {
  testing::memory_files files;
  outside world;
  agent_options options;
  options.resources = resources_of(world);
  options.journal = open_effect_journal(options_of(files));
  files.how.fail_sync = true;
  reference_environment env;
  env.from_source(collection(std::vector<wish>{{"ada", "tea"}}))
      .key_by(&wish::who)
      .transform("desk", agent_operator(clerk, options))
      .sink(discard());
  CHECK_THROWS_AS(env.execute("agents"), error);
  CHECK(world.paid <= 1);
  CHECK(world.acts == 0);
}

TEST_CASE("an agent that streams goes on as well", "[agents][journal]") {
  testing::memory_files files;
  outside world;
  const auto run = [&](const std::vector<wish>& given) {
    agent_options options;
    options.resources = resources_of(world);
    options.journal = open_effect_journal(options_of(files));
    reference_environment env;
    collected<std::string> out;
    env.from_source(collection(given))
        .key_by(&wish::who)
        .transform("desk", agent_operator(streaming_clerk, options))
        .uid("desk")
        .sink(collect_into(out));
    env.execute("agents");
    return out.records();
  };
  using texts = std::vector<std::string>;
  CHECK(run({{"ada", "tea"}}) == texts{"hello", "ada0: booked tea; tea"});
  const std::string whole = files.content("journal/effects.log");
  state::frame_reader frames(whole);
  std::size_t before_end = 0;
  for (std::size_t at = 0; const auto next = frames.next(); at = frames.position()) {
    if (next->kind == agents::frame_of_end) before_end = at;
  }
  files.put("journal/effects.log", whole.substr(0, before_end));
  CHECK(run({}) == texts{"hello", "ada0: booked tea; tea"});
  CHECK(world.paid == 2);
  CHECK(world.acts == 1);
}
