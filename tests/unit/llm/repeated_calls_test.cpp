// When models in front of others make a call again, and what its observer is told.
#include <memory>
#include <string>
#include <vector>

#include "sage/llm/models/model_error.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "sage/testing/task_runner.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;

// Breaks off in its first `failures` answers, after the pieces of `shown`.
class breaking_off final : public chat_model {
 public:
  breaking_off(int failures, std::string shown) : failures_(failures), shown_(std::move(shown)) {}
  task<chat_reply> chat(const chat_request&, chat_observer* observer) override {
    const bool fails = calls++ < failures_;
    const std::string text = fails ? shown_ : "whole";
    for (const char c : text) {
      chat_delta piece;
      piece.text = std::string(1, c);
      if (observer) observer->on_delta(piece);
    }
    if (fails) throw llm::model_error(llm::cut_answer("it broke off"), "breaking_off");
    chat_reply reply;
    reply.text = text;
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "breaking_off"; }
  int calls = 0;

 private:
  int failures_;
  std::string shown_;
};

struct reader final : chat_observer {
  explicit reader(bool forgets) : forgets_(forgets) {}
  void on_delta(const chat_delta& piece) override { seen += piece.text; }
  void on_restart() override { seen += '|'; }
  [[nodiscard]] bool takes_back() const override { return forgets_; }
  std::string seen;

 private:
  bool forgets_;
};

// What was answered ("cut" when nothing) and what the observer saw.
std::string outcome(const chat_model_ref& model, chat_observer* observer) {
  testing::task_runner runner;
  const chat_request request;
  try {
    return runner.run(model->chat(request, observer)).text;
  } catch (const llm::model_error& problem) {
    return std::string(llm::to_string(problem.details().failure));
  }
}

std::vector<chat_model_ref> both_ways(const std::shared_ptr<breaking_off>& inner) {
  return {retrying_model(inner), fallback_model({inner, inner})};
}

TEST_CASE("a call that broke off is made again, and an observer that can forget is told", "[llm][retry]") {
  for (std::size_t way = 0; way < 2; ++way) {
    const auto inner = std::make_shared<breaking_off>(1, "who");
    reader sees(true);
    CHECK(outcome(both_ways(inner)[way], &sees) == "whole");
    CHECK(sees.seen == "who|whole");
    CHECK(inner->calls == 2);
  }
}

TEST_CASE("a call is not made again once an observer that can't forget has seen a piece", "[llm][retry]") {
  for (std::size_t way = 0; way < 2; ++way) {
    const auto inner = std::make_shared<breaking_off>(1, "who");
    reader sees(false);
    CHECK(outcome(both_ways(inner)[way], &sees) == "cut");
    CHECK(sees.seen == "who");
    CHECK(inner->calls == 1);
  }
}

TEST_CASE("a call that has shown nothing, or that nobody observes, is made again", "[llm][retry]") {
  for (std::size_t way = 0; way < 2; ++way) {
    auto inner = std::make_shared<breaking_off>(1, "");
    reader sees(false);
    CHECK(outcome(both_ways(inner)[way], &sees) == "whole");
    CHECK(sees.seen == "|whole");
    inner = std::make_shared<breaking_off>(1, "who");
    CHECK(outcome(both_ways(inner)[way], nullptr) == "whole");
    CHECK(inner->calls == 2);
  }
}

}  // namespace
