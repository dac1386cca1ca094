// Prompts: what is filled in, what is missing, and what is no template.
#include "sage/agents/prompts.hpp"

#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;
using Catch::Matchers::Contains;

namespace {

struct order_values {
  std::string user;
  std::vector<std::string> items;
  std::optional<std::string> note;
  int count = 0;
  bool urgent = false;
};
SAGE_DESCRIBE(order_values, user, items, note, count, urgent)

std::string rendered(const std::string& text, const dynamic_value& values) {
  const auto made = prompt("p", text).render(values);
  INFO((made ? "" : made.error().what()));
  REQUIRE(made);
  return *made;
}

}  // namespace

TEST_CASE("values are filled in as they are, without escaping", "[agents][prompts]") {
  CHECK(rendered("Hello {{name}}, {{ name }}!", dynamic_map{{"name", "<b>\"Ann\" & Bob</b>"}}) ==
        "Hello <b>\"Ann\" & Bob</b>, <b>\"Ann\" & Bob</b>!");
  CHECK(rendered("{{order.id}} costs {{order.price}}",
                 dynamic_map{{"order", dynamic_map{{"id", 7}, {"price", 9.5}}}}) == "7 costs 9.5");
  CHECK(rendered("{{! nobody sees this }}x", dynamic_map{}) == "x");
  CHECK(rendered("no tags at all } {", dynamic_map{}) == "no tags at all } {");
  // What a value says is not a template.
  CHECK(rendered("{{a}}", dynamic_map{{"a", "{{b}} {{#c}}"}}) == "{{b}} {{#c}}");
}

TEST_CASE("sections follow lists, flags and what is absent", "[agents][prompts]") {
  const prompt text("order",
                    "{{user}}:{{#items}} [{{.}}]{{/items}}{{#note}} note {{note}}{{/note}}{{^note}} no note{{/note}}"
                    "{{#urgent}} !{{/urgent}} {{count}}");
  CHECK(text.render(order_values{"ann", {"a", "b"}, {}, 3, true}).value() == "ann: [a] [b] no note ! 3");
  CHECK(text.render(order_values{"bob", {}, "n", 0, false}).value() == "bob: note n 0");
}

TEST_CASE("everything that is missing is named", "[agents][prompts]") {
  const prompt text("order", "{{user}} {{order.id}} {{#list}}x{{/list}} {{^other}}y{{/other}}");
  const auto made = text.render(dynamic_map{{"user", "ann"}});
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == errc::not_found);
  CHECK_THAT(made.error().what(), Contains("order: ") && Contains("'list'") && Contains("'order.id'") &&
                                      Contains("'other'") && !Contains("'user'"));
}

TEST_CASE("a fingerprint belongs to the text and to nothing else", "[agents][prompts]") {
  CHECK(prompt("a", "text").fingerprint() == prompt("b", "text").fingerprint());
  CHECK(prompt("a", "text").fingerprint() != prompt("a", "text ").fingerprint());
  CHECK(prompt("a", "text").fingerprint().size() == 16);
  CHECK(prompt("a", "").fingerprint() == "93228a4de0eec5a2");
}

TEST_CASE("what is no template is refused where it is loaded", "[agents][prompts]") {
  for (const char* bad : {"{{name", "{{#a}}x", "{{#a}}x{{/b}}", "x{{/a}}", "{{>other}}", "{{=<% %>=}}"}) {
    INFO(bad);
    CHECK_THROWS_AS(prompt("p", bad), error);
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "{{#a}}";
  CHECK_THROWS_AS(prompt("p", deep), error);
  CHECK_THROWS_AS(prompt("p", std::string(300 * 1024, 'x')), error);
}

TEST_CASE("what is rendered is bounded", "[agents][prompts]") {
  prompt_limits limits;
  limits.rendered_bytes_max = 1000;
  const prompt text("p", "{{#a}}{{#a}}{{#a}}xxxxxxxxxx{{/a}}{{/a}}{{/a}}", limits);
  const auto made = text.render(dynamic_map{{"a", dynamic_list(100, dynamic_value("y"))}});
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == errc::limit);
}

TEST_CASE("a folder has prompts by name", "[agents][prompts]") {
  const test::scratch_folder folder;
  folder.write("order.mustache", "Order for {{user}}");
  folder.write("refund.mustache", "Refund");
  folder.write("notes.txt", "");
  folder.write("broken.mustache", "{{#a}}");
  const prompt_folder prompts(folder.path());
  CHECK(prompts.names().value() == std::vector<std::string>{"broken", "order", "refund"});
  const auto order = prompts.load("order");
  REQUIRE(order);
  CHECK(order->render(dynamic_map{{"user", "ann"}}).value() == "Order for ann");
  CHECK(order->name() == "order");
  const auto missing = prompts.load("oder");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().what(), Contains("there are broken, order, refund"));
  CHECK_FALSE(prompts.load("broken"));
  for (const char* bad : {"", "../order", "/etc/passwd", "Order", "a.b", "order.mustache"}) {
    INFO(bad);
    const auto refused = prompts.load(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errc::invalid_argument);
  }
}
