// The stand-in for a language model: one step of a conversation after the other.
#include "agent_service/model/stand_in_model.hpp"
#include "agent_service/model/stand_in_rules.hpp"
#include "agent_service/shop/records.hpp"
#include "sage/testing/task_runner.hpp"
#include "tests/catch.hpp"

using namespace agent_service;
using sage::chat_reply;
using sage::chat_request;
using sage::chat_role;

namespace {

// A conversation with a desk, as the agent loop builds it up.
class heard {
 public:
  explicit heard(std::vector<std::string> tools, const std::string& prompt = {}) {
    if (!prompt.empty()) add(chat_role::system, prompt);
    for (std::string& tool : tools) request_.tools.push_back({std::move(tool), {}, "{}"});
  }
  heard& says(const std::string& text) { return add(chat_role::user, text); }
  heard& answered(const std::string& text) { return add(chat_role::assistant, text); }
  heard& told(const std::string& tool, const std::string& result) {
    add(chat_role::tool, result);
    request_.messages.back().name = tool;
    return *this;
  }
  heard& last_step() {
    request_.choice = sage::tool_choice::none;
    return *this;
  }
  [[nodiscard]] const chat_request& request() const { return request_; }
  [[nodiscard]] std::string text() const {
    const chat_reply reply = stand_in_reply(request_);
    CHECK(reply.tool_calls.empty());
    CHECK(reply.finish == sage::finish_reason::stop);
    return reply.text;
  }
  [[nodiscard]] std::string call() const {
    const chat_reply reply = stand_in_reply(request_);
    if (reply.tool_calls.size() != 1) return "(no call) " + reply.text;
    CHECK(reply.finish == sage::finish_reason::tool_calls);
    return reply.tool_calls[0].name + reply.tool_calls[0].arguments;
  }

 private:
  heard& add(chat_role role, const std::string& text) {
    request_.messages.push_back({role, text, {}, {}, {}, {}});
    return *this;
  }
  chat_request request_;
};

heard order_desk(const std::string& prompt = {}) {
  return heard({"find_order", "orders_of_customer", "product_stock", "cancel_order", "hand_off"}, prompt);
}
heard refund_desk(const std::string& prompt = {}) {
  return heard({"find_order", "orders_of_customer", "cancel_order", "request_refund"}, prompt);
}
heard front_desk() {
  return heard({});
}

std::string order_json(const std::string& status, const std::string& refund = {}) {
  agent_service::shop::order its;
  its.number = 1003;
  its.status = status;
  its.refund = refund;
  its.total_cents = 24905;
  its.lines = {{"reading chair", 1, 24905}};
  return sage::to_json(its);
}

}  // namespace

TEST_CASE("the order desk calls the tool that a message asks for", "[agent_service][stand_in]") {
  CHECK(order_desk().says("Where is my order 1002?").call() == R"(find_order{"number":1002})");
  CHECK(order_desk().says("Orders of Ada@Example.com, please").call() ==
        R"(orders_of_customer{"email":"ada@example.com"})");
  CHECK(order_desk().says("Do you have any desk lamps in stock?").call() ==
        R"(product_stock{"product":"desk lamp"})");
  CHECK(order_desk().says("what products do you sell").call() == R"(product_stock{"product":""})");
  CHECK(order_desk().says("cancel #1004").call() == R"(cancel_order{"number":1004})");
  CHECK(order_desk().says("1003 came broken").call() == R"(hand_off{"agent":"refund"})");
  CHECK(order_desk("Order spoken of last: 1002\n").says("and when does it arrive").call() ==
        R"(find_order{"number":1002})");
  CHECK_THAT(order_desk("Order spoken of last: none\n").says("my order").text(), Catch::Contains("Which order"));
  CHECK_THAT(order_desk().says("cancel my order").text(), Catch::Contains("Which order shall I cancel"));
}

TEST_CASE("results become sentences", "[agent_service][stand_in]") {
  CHECK(order_desk().says("1003?").told("find_order", order_json("delivered")).text() ==
        "Order 1003 (1 x reading chair, EUR 249.05) was delivered.");
  CHECK(order_desk()
            .says("1004")
            .told("cancel_order", R"({"number":1004,"status":"cancelled","amount_cents":7,"was_done_before":false})")
            .text() == "I have cancelled order 1004. You get EUR 0.07 back the way you paid.");
  CHECK(order_desk().says("7777").told("find_order", "the tool failed: there is no order 7777 (ask for it)").text() ==
        "I am sorry: there is no order 7777.");
  CHECK_THAT(order_desk().says("x").told("no_such_tool", "no tool is called so").text(), Catch::Contains("no tool"));
}

TEST_CASE("the refund desk looks up, then requests, or offers to cancel", "[agent_service][stand_in]") {
  CHECK_THAT(refund_desk().says("I want my money back").text(), Catch::Contains("Which order"));
  heard desk = refund_desk();
  desk.says("The chair is broken, money back!").answered("Which order is it?").says("1003");
  CHECK(desk.call() == R"(find_order{"number":1003})");
  desk.told("find_order", order_json("delivered"));
  CHECK(desk.call() == R"(request_refund{"number":1003,"reason":"The chair is broken, money back!"})");
  desk.told("request_refund", R"({"number":1003,"status":"delivered","amount_cents":24905,"was_done_before":false})");
  CHECK_THAT(desk.text(), Catch::Contains("EUR 249.05 for order 1003"));

  CHECK_THAT(refund_desk().says("refund 1003").told("find_order", order_json("delivered", "requested")).text(),
             Catch::Contains("A refund was requested"));
  heard early = refund_desk("Order spoken of last: 1003\n");
  early.says("refund 1003").told("find_order", order_json("paid"));
  const std::string offer = early.text();
  CHECK_THAT(offer, Catch::Contains("Shall I cancel it instead?"));
  early.answered(offer).says("yes please");
  CHECK(early.call() == R"(cancel_order{"number":1003})");
}

TEST_CASE("the last step calls nothing, and nothing makes the rules fail", "[agent_service][stand_in]") {
  CHECK_FALSE(order_desk().says("Where is 1002?").last_step().text().empty());
  CHECK_FALSE(stand_in_reply(chat_request{}).text.empty());
  CHECK_FALSE(stand_in_reply(order_desk().request()).text.empty());
  CHECK_FALSE(order_desk().says(std::string("\xff\x00 999999999 @ # ", 18)).call().empty());
  CHECK_FALSE(refund_desk().says("1003").told("find_order", "{\"number\":").text().empty());
  const std::string umlauts = "kaputt: " + std::string(300, 'a') + "\xc3\xa4";
  CHECK_FALSE(refund_desk().says(umlauts).told("find_order", order_json("shipped")).call().empty());
}

TEST_CASE("small talk has no tools", "[agent_service][stand_in]") {
  CHECK_THAT(front_desk().says("Hello").text(), Catch::StartsWith("Hello"));
  CHECK_THAT(front_desk().says("thanks a lot").text(), Catch::StartsWith("You are welcome"));
  CHECK_THAT(front_desk().says("who are you?").text(), Catch::Contains("no language model"));
  CHECK_THAT(front_desk().says("qwertz").text(), Catch::Contains("did not understand"));
}

TEST_CASE("the stand-in streams word by word and says what it is", "[agent_service][stand_in]") {
  struct seen final : sage::chat_observer {
    void on_delta(const sage::chat_delta& piece) override {
      ++pieces;
      text += piece.text;
      calls += piece.tool_calls.size();
    }
    std::size_t pieces = 0;
    std::size_t calls = 0;
    std::string text;
  };
  sage::testing::task_runner runner;
  stand_in_model model;
  seen words;
  const auto hello = front_desk().says("Hello");
  const chat_reply reply = runner.run(model.chat(hello.request(), &words));
  CHECK(reply.model == "stand-in (rules, no language model)");
  CHECK(words.text == reply.text);
  CHECK(words.pieces > 20);
  CHECK(reply.usage.estimated);
  CHECK(reply.usage.output_tokens > 20);
  seen calls;
  const auto status = order_desk().says("Where is 1002?");
  static_cast<void>(runner.run(model.chat(status.request(), &calls)));
  CHECK(calls.calls == 1);
  CHECK(calls.text.empty());
}
