// Cassettes: what was recorded is played, and the first thing that differs is named.
#include "sage/testing/cassette.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sage/functions/tasks/join.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/scripted_failures.hpp"

namespace {

using namespace sage;
using namespace sage::test;
using namespace std::chrono_literals;
using sage::testing::cassette_player;
using sage::testing::cassette_recorder;
using sage::testing::memory_files;
using sage::testing::open_cassette;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

const std::string tape = "tape.jsonl";

// Answers with what it was asked and the number of the call, in two pieces.
std::shared_ptr<scripted_chat_model> talker() {
  return std::make_shared<scripted_chat_model>(
      [](const chat_request& request, std::uint64_t call) {
        if (request.messages.back().text == "fail")
          return fails(problem_of(llm::provider_failure::throttled, true, 7));
        scripted_call its = says(request.messages.back().text + " " + std::to_string(call));
        its.pieces = 2;
        if (request.messages.back().text == "break") its.failure = error(errc::limit, "too much", "here", "less");
        if (request.messages.back().text == "hang") its.delay = 24h;
        return its;
      },
      "talker");
}

task<std::string> ask_briefly(chat_model& model, std::string text) {
  std::string answer;
  try {
    answer = co_await with_timeout(ask(model, std::move(text)), 1s);
  } catch (const error& problem) {
    answer = std::string(to_string(problem.code()));
  }
  co_return answer;
}

TEST_CASE("a cassette answers what was recorded, without the model", "[testing][cassette]") {
  memory_files files;
  task_runner runner;
  keeping_observer live, again;
  std::vector<std::string> answers;
  const auto inner = talker();
  const auto talk = [&](chat_model& model, keeping_observer& seen) {
    std::vector<std::string> all;
    all.push_back(runner.run(ask(model, "hello w\u00f6rld", &seen)));
    all.push_back(runner.run(ask(model, "hello")));
    all.push_back(runner.run(ask(model, "hello")));
    all.push_back(runner.run(ask_briefly(model, "hang")));
    try {
      runner.run(ask(model, "fail"));
    } catch (const llm::model_error& problem) {
      all.push_back(std::string(problem.what()) + std::to_string(problem.details().retry_after_ms.value_or(0)));
    }
    try {
      runner.run(ask(model, "break"));
    } catch (const error& problem) {
      all.push_back(problem.what());
    }
    return all;
  };
  {
    const auto recorder = open_cassette(tape, inner, files);
    CHECK(recorder->name() == "talker");
    answers = talk(*recorder, live);
  }
  REQUIRE(answers.size() == 6);
  CHECK(answers[1] == "hello 1");
  CHECK(answers[2] == "hello 2");
  CHECK(answers[3] == "timeout");
  CHECK(inner->calls() == 6);

  const auto player = std::make_shared<cassette_player>(tape, files);
  CHECK(player->name() == "talker");
  CHECK(player->left() == 6);
  CHECK(talk(*player, again) == answers);
  CHECK(again.text == live.text);
  CHECK(again.pieces == live.pieces);
  CHECK(inner->calls() == 6);
  CHECK(player->left() == 0);
  CHECK(player->divergence().empty());
  CHECK(open_cassette(tape, inner, files)->name() == "talker");
  CHECK_THROWS_WITH(cassette_recorder(tape, inner, files), Catch::Contains("delete it"));
}

TEST_CASE("calls may be made in another order, each once", "[testing][cassette]") {
  memory_files files;
  task_runner runner;
  {
    cassette_recorder recorder(tape, talker(), files);
    for (const char* text : {"a", "b", "a"}) runner.run(ask(recorder, text));
  }
  cassette_player player(tape, files);
  CHECK(runner.run(ask(player, "b")) == "b 1");
  CHECK(runner.run(ask(player, "a")) == "a 0");
  CHECK(runner.run(ask(player, "a")) == "a 2");
  CHECK_THROWS_WITH(runner.run(ask(player, "a")), Catch::Contains("call 4 was not recorded: all 3 recorded calls"));
}

TEST_CASE("the first divergence is named, by call and by what differs, and nothing is played after it",
          "[testing][cassette]") {
  memory_files files;
  task_runner runner;
  {
    cassette_recorder recorder(tape, talker(), files);
    runner.run(ask(recorder, "one"));
    runner.run(ask(recorder, "two", nullptr, 0.5));
    runner.run(ask(recorder, "three"));
  }
  cassette_player player(tape, files);
  CHECK(runner.run(ask(player, "one")) == "one 0");
  const std::string difference =
      "call 2 was not recorded; it differs from recorded call 2 in messages[0].text: recorded \"two\", now \"too\"";
  CHECK_THROWS_WITH(runner.run(ask(player, "too", nullptr, 0.5)),
                    Catch::Contains(difference) && Catch::Contains("tape.jsonl") && Catch::Contains("record anew"));
  CHECK_THROWS_WITH(runner.run(ask(player, "three")), Catch::Contains(difference));
  CHECK_FALSE(player.divergence().empty());
  CHECK(player.left() == 2);

  // Structure that is there on one side only; long texts are cut, between characters.
  cassette_player second(tape, files);
  const auto long_talk = [&]() -> task<> {
    chat_request request = asking("one");
    for (int i = 0; i < 50; ++i) request.messages[0].text += "\u00e9";
    request.messages.push_back(request.messages[0]);
    static_cast<void>(co_await second.chat(request, nullptr));
  };
  CHECK_THROWS_WITH(runner.run(long_talk()),
                    Catch::Contains("messages[1]: recorded nothing, now {") && Catch::Contains("..."));
}

TEST_CASE("what is no cassette is refused with its line", "[testing][cassette]") {
  memory_files files{{"empty", ""}, {"garbage", "hello\n"}, {"old", "{\"cassette\":99,\"model\":\"m\"}\n"}};
  CHECK_THROWS_WITH(cassette_player("empty", files), Catch::Contains("empty"));
  CHECK_THROWS_WITH(cassette_player("garbage", files), Catch::Contains("garbage:1"));
  CHECK_THROWS_WITH(cassette_player("old", files), Catch::Contains("old:1"));
  CHECK_THROWS_WITH(cassette_player("nowhere", files), Catch::Contains("nowhere"));
  {
    task_runner runner;
    cassette_recorder recorder(tape, talker(), files);
    runner.run(ask(recorder, "one"));
  }
  const std::string text = files.content(tape);
  files.put("cut", text.substr(0, text.size() - 9));
  CHECK_THROWS_WITH(cassette_player("cut", files), Catch::Contains("cut:2"));

  files.how.space_bytes = 10;
  CHECK_THROWS_AS(cassette_recorder("full", talker(), files), error);
}

}  // namespace
