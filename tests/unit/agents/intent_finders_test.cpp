// What somebody wants: by rules, by the nearest examples, by a model.
#include <memory>

#include "sage/agents/intents/by_examples.hpp"
#include "sage/agents/intents/by_model.hpp"
#include "sage/agents/intents/by_rules.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "sage/testing/task_runner.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

TEST_CASE("rules count whole words, whatever their case", "[agents][intents]") {
  const by_rules rules({{"order", {"order", "package"}}, {"refund", {"refund", "money back"}}});
  CHECK(rules("Where is my ORDER?").label == "order");
  CHECK(rules("I want my money back!").label == "refund");
  CHECK(rules("reorder the disorder").label.empty());
  const intent mixed = rules("refund this order, refund it");
  CHECK(mixed.label == "refund");
  CHECK(mixed.confidence == Approx(2.0 / 3));
  CHECK(rules("").label.empty());
  const std::vector<intent_rule> wordless{{"x", {}}};
  CHECK_THROWS_WITH(by_rules(wordless), Catch::Contains("without"));
}

// Two numbers per text: how much it is of orders, how much of refunds.
class plane_model final : public embedding_model {
 public:
  task<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override {
    ++calls;
    std::vector<std::vector<float>> all;
    for (const std::string& text : texts) {
      const float order = text.find("order") != std::string::npos ? 1.0F : 0.1F;
      const float refund = text.find("refund") != std::string::npos ? 1.0F : 0.1F;
      const float other = text.find("moon") != std::string::npos ? 9.0F : 0.0F;
      all.push_back({order, refund, other});
    }
    co_return all;
  }
  std::string_view name() const noexcept override { return "plane"; }
  int calls = 0;
};

TEST_CASE("the nearest examples vote, and what is near to none is none", "[agents][intents]") {
  const auto model = std::make_shared<plane_model>();
  const by_examples nearest(model,
                            {{"order", {"my order", "an order please"}}, {"refund", {"a refund", "refund me"}}},
                            {.confidence_min = 0.8, .neighbours = 3});
  task_runner runner;
  const std::string order = "the order", refund = "refund!", moon = "the moon";
  CHECK(runner.run(nearest(order)).label == "order");
  CHECK(runner.run(nearest(refund)).label == "refund");
  const intent far = runner.run(nearest(moon));
  CHECK(far.label.empty());
  CHECK(far.confidence < 0.8);
  CHECK(model->calls == 4);  // the examples once
}

TEST_CASE("a model gives a label of those it was offered, or none", "[agents][intents]") {
  const auto answers = [](std::vector<std::string> texts) {
    std::vector<scripted_call> all;
    for (std::string& text : texts) {
      all.emplace_back();
      all.back().text = std::move(text);
    }
    return std::make_shared<scripted_chat_model>(std::move(all));
  };
  const std::vector<intent_description> labels{{"order", "asks about an order"}, {"refund", "wants money back"}};
  task_runner runner;
  const std::string text = "where is it?";
  const auto ask = [&](const std::shared_ptr<scripted_chat_model>& model) {
    const by_model classify(model, labels);
    return runner.run(classify(text));
  };
  CHECK(ask(answers({R"({"label":"order","confidence":0.9})"})) == intent{"order", 0.9});
  CHECK(ask(answers({"order, I think", R"({"label":"order","confidence":7})"})) == intent{"order", 1});
  CHECK(ask(answers({R"({"label":"order","confidence":0.2})"})).label.empty());
  CHECK(ask(answers({R"({"label":"admin","confidence":1})"})).label.empty());
  CHECK_THROWS_WITH(ask(answers({"order", "order"})), Catch::Contains("no intent"));
}

}  // namespace
