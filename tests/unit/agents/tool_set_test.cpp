// Which tools an agent may use: those that were named, by exactly these names.
#include "sage/agents/tools/tool_set.hpp"

#include "sage/base/utf8.hpp"
#include "tests/catch.hpp"

using namespace sage;
using Catch::Matchers::Contains;

namespace {

constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz";  // of which no two look alike

tool_ref tool_called(const std::string& name) {
  return make_tool(name, "does " + name, [name] { return name; });
}

}  // namespace

TEST_CASE("only tools of the set are called", "[agents][tool_set]") {
  const tool_set tools{tool_called("find_order"), tool_called("cancel_order")};
  CHECK(tools.invoke({"c1", "find_order", "{}"}) == tool_result{tool_outcome::done, "find_order"});
  CHECK(tools.describe().size() == 2);
  CHECK(tools.describe()[1].name == "cancel_order");
  const tool_set none;
  const tool_result refused = none.invoke({"c1", "find_order", "{}"});
  CHECK(refused.outcome == tool_outcome::refused);
  CHECK_THAT(refused.text, Contains("no tools may be used"));
}

TEST_CASE("an unknown name is refused with the nearest ones", "[agents][tool_set]") {
  tool_set tools;
  for (const char letter : letters.substr(0, 20))
    REQUIRE(tools.add(tool_called("other_tool_" + std::string(1, letter))));
  REQUIRE(tools.add(tool_called("find_order")));
  const tool_result refused = tools.invoke({"c1", "find_orders", "{}"});
  CHECK(refused.outcome == tool_outcome::refused);
  CHECK_THAT(refused.text, Contains("there is no tool 'find_orders'; the nearest of 21 are 'find_order'"));
}

TEST_CASE("names that look alike never match", "[agents][tool_set]") {
  const tool_set tools{tool_called("find_order")};
  const std::vector<std::string> alike = {
      "Find_Order",
      "find_order ",
      " find_order",
      "find_order\n",
      "find-order",
      "f\xd1\x96nd_order",       // Cyrillic i
      "find_\xce\xbfrder",       // Greek omicron
      "find_order\xe2\x80\x8b",  // zero-width space
      "\xef\xbd\x86ind_order",   // full-width f
      "find_order\xcc\x81",      // combining accent
      "find_0rder",
      std::string("find_order\0", 11),
      "",
      std::string(100'000, 'f'),
      "\xff\xfe",
      "\xed\xa0\x80",
  };
  for (const auto& name : alike) {
    const tool_result refused = tools.invoke({"c1", name, "{}"});
    INFO(refused.text);
    CHECK(refused.outcome == tool_outcome::refused);
    CHECK(tools.find(name) == nullptr);
    CHECK(is_utf8(refused.text));
    CHECK(refused.text.size() < 500);
    CHECK_THAT(refused.text, Contains("'find_order'"));
  }
}

TEST_CASE("two tools of one set are never called nearly the same", "[agents][tool_set]") {
  tool_set tools{tool_called("list_all")};
  for (const char* name : {"list_all", "List_all", "list-all", "l1st_all", "list_aIl"}) {
    const auto added = tools.add(tool_called(name));
    INFO(name);
    REQUIRE_FALSE(added);
    CHECK(added.error().code() == errc::invalid_argument);
  }
  CHECK(tools.add(tool_called("list_al")));
  CHECK_THROWS_AS((tool_set{tool_called("a"), tool_called("A")}), error);
}

TEST_CASE("an agent gets the part of a set that it names", "[agents][tool_set]") {
  const tool_set all{tool_called("a"), tool_called("b"), tool_called("c")};
  const auto some = all.only({"c", "a"});
  REQUIRE(some);
  CHECK(some->size() == 2);
  CHECK(some->find("b") == nullptr);
  CHECK_FALSE(all.only({"a", "d"}));
  CHECK_FALSE(all.only({"a", "a"}));
}

TEST_CASE("a set has a bound", "[agents][tool_set]") {
  tool_set tools;
  for (std::size_t i = 0; i < tool_set::tools_max; ++i) {
    const std::string name = {letters[i / letters.size()], letters[i % letters.size()]};
    REQUIRE(tools.add(tool_called(name)));
  }
  const auto added = tools.add(tool_called("one_more"));
  REQUIRE_FALSE(added);
  CHECK(added.error().code() == errc::limit);
}
