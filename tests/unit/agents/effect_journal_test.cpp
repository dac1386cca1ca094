// The journal of effects by itself: what it remembers, for how long, and what a broken disk does to it.
#include "sage/agents/journal/kept_turn.hpp"
#include "sage/base/rng.hpp"
#include "sage/testing/manual_clock.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::agents;

namespace {

effect_journal_options options_of(file_system& files) {
  effect_journal_options made;
  made.directory = "journal";
  made.files = &files;
  return made;
}

byte_string bytes(const std::string& text) {
  return to_kept(text);
}

turn_name named(const std::string& request, const std::string& conversation = "ada") {
  return turn_name{"desk", conversation, request};
}

// Nobody waits for these.
completion<bool> unheard() {
  return pending<bool>().make_completion();
}

void run_turn(const std::shared_ptr<effect_journal>& journal, const turn_name& name, const std::string& input,
              const std::string& state, const std::string& answer) {
  kept_turn turn(journal, name, bytes(input));
  REQUIRE_FALSE(turn.answer());
  turn.settle(recorded_effect{"1", effect_kind::chat, "main", "k", false, "\"hi\""}, unheard());
  turn.end(1, true, bytes(state), {bytes(answer)}, unheard());
}

}  // namespace

TEST_CASE("a journal gives back conversations, and answers to requests that may be repeated", "[journal]") {
  testing::memory_files files;
  const std::string request = repeatable_request("acme", "order-1");
  {
    const auto journal = open_effect_journal(options_of(files));
    run_turn(journal, named(request), "in", "state", "out");
    run_turn(journal, named("mine", "ben"), "in", "of ben", "out");
  }
  const auto journal = open_effect_journal(options_of(files));
  REQUIRE(journal->conversation("desk", "ada"));
  CHECK(journal->conversation("desk", "ada")->state == bytes("state"));
  CHECK(journal->conversation("desk", "ada")->turns == 1);
  CHECK(journal->conversation("desk", "ben")->state == bytes("of ben"));
  CHECK_FALSE(journal->conversation("desk", "cid"));
  CHECK_FALSE(journal->conversation("front", "ada"));
  kept_turn again(journal, named(request), bytes("in"));
  REQUIRE(again.answer());
  CHECK(again.answer()->answers == std::vector<byte_string>{bytes("out")});
  CHECK_FALSE(journal->answer(named("mine", "ben")));
  CHECK_THROWS_WITH(kept_turn(journal, named(request), bytes("other")),
                    Catch::Contains("this Idempotency-Key belongs to another request"));
  CHECK(journal->interrupted("desk").empty());
}

TEST_CASE("a turn that a crash has interrupted is there with what it had done", "[journal]") {
  testing::memory_files files;
  std::string key;
  {
    const auto journal = open_effect_journal(options_of(files));
    const auto turn = journal->begin(named("r1"), bytes("in"));
    journal->settle({turn.turn, {"1", effect_kind::chat, "main", "k", false, "1"}}, unheard());
    journal->intend({turn.turn, "2", effect_kind::tool, "book", "{}"}, unheard());
    key = journal->key_of(turn.turn, "2");
  }
  const auto journal = open_effect_journal(options_of(files));
  const auto interrupted = journal->interrupted("desk");
  REQUIRE(interrupted.size() == 1);
  CHECK(interrupted[0].input == bytes("in"));
  CHECK_THROWS_WITH(journal->begin(named("r1"), bytes("other")), Catch::Contains("belongs to another request"));
  const auto turn = journal->begin(named("r1"), bytes("in"));
  REQUIRE(turn.results.size() == 1);
  CHECK(turn.results[0].value == "1");
  CHECK(journal->key_of(turn.turn, "2") == key);
  CHECK(journal->key_of(turn.turn, "3") != key);
  CHECK(journal->interrupted("desk").empty());
}

TEST_CASE("a turn that failed runs again when somebody repeats it, with what it had done", "[journal]") {
  testing::memory_files files;
  const std::string request = repeatable_request("acme", "order-1");
  for (const bool reopened : {false, true}) {
    INFO("reopened: " << reopened);
    auto journal = open_effect_journal(options_of(files));
    const turn_name name = named(request, reopened ? "ben" : "ada");
    {
      kept_turn turn(journal, name, bytes("in"));
      turn.settle({"1", effect_kind::tool, "book", "{}", false, "\"done\""}, unheard());
      turn.settle({"2", effect_kind::chat, "main", "k", true, "the provider is down"}, unheard());
    }
    if (reopened) {
      journal.reset();
      journal = open_effect_journal(options_of(files));
    }
    CHECK(journal->interrupted("desk").empty());
    kept_turn again(journal, name, bytes("in"));
    const auto results = again.take_results();
    REQUIRE(results.size() == 1);
    CHECK(results[0].value == "\"done\"");
  }
}

TEST_CASE("what nobody can ask for again is forgotten", "[journal]") {
  testing::memory_files files;
  testing::manual_clock time;
  effect_journal_options options = options_of(files);
  options.time = &time;
  options.answers_max = 3;
  options.conversations_max = 2;
  auto journal = open_effect_journal(options);
  std::vector<turn_name> names;
  for (int i = 0; i < 5; ++i) {
    names.push_back(named(repeatable_request("acme", std::to_string(i)), "c" + std::to_string(i)));
    run_turn(journal, names.back(), "in", "state", "out");
  }
  CHECK_FALSE(journal->answer(names[1]));
  CHECK(journal->answer(names[2]));
  CHECK_FALSE(journal->conversation("desk", "c2"));
  CHECK(journal->conversation("desk", "c3"));
  time.advance(nanoseconds{25} * 3600 * 1'000'000'000);
  journal.reset();
  journal = open_effect_journal(options);
  CHECK_FALSE(journal->answer(names[4]));
  CHECK(journal->conversation("desk", "c4"));
}

TEST_CASE("the file is written anew before it grows without end", "[journal]") {
  testing::memory_files files;
  effect_journal_options options = options_of(files);
  options.bytes_max = 10'000;
  std::size_t most = 0;
  {
    const auto journal = open_effect_journal(options);
    for (int i = 0; i < 500; ++i) {
      run_turn(journal, named("r" + std::to_string(i)), std::string(100, 'x'), "state " + std::to_string(i), "out");
      most = std::max(most, files.content("journal/effects.log").size());
    }
  }
  CHECK(most < 20'000);
  const auto journal = open_effect_journal(options);
  CHECK(journal->conversation("desk", "ada")->state == bytes("state 499"));
}

TEST_CASE("two processes can't have one journal", "[journal]") {
  testing::memory_files files;
  const auto journal = open_effect_journal(options_of(files));
  CHECK_THROWS_WITH(open_effect_journal(options_of(files)), Catch::Contains("another process has this journal"));
}

TEST_CASE("a damaged journal never makes things up", "[journal]") {
  testing::memory_files files;
  {
    const auto journal = open_effect_journal(options_of(files));
    for (int i = 0; i < 20; ++i) {
      run_turn(journal, named("r" + std::to_string(i), "c" + std::to_string(i)), "in", "state", "out");
    }
  }
  const std::string whole = files.content("journal/effects.log");
  rng random(3);
  for (int i = 0; i < 300; ++i) {
    std::string content = whole;
    content[random.below(content.size())] ^= static_cast<char>(1u << random.below(8));
    if (random.below(3) == 0) content.resize(random.below(content.size()));
    testing::memory_files damaged;
    damaged.put("journal/effects.log", content);
    const auto journal = open_effect_journal(options_of(damaged));
    for (int c = 0; c < 20; ++c) {
      const auto known = journal->conversation("desk", "c" + std::to_string(c));
      CHECK((!known || known->state == bytes("state")));
    }
  }
}
