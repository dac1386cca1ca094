#include "sage/model/dynamic_value.hpp"

#include <limits>

#include "sage/model/json.hpp"
#include "sage/model/msgpack.hpp"
#include "tests/catch.hpp"

using sage::dynamic_list;
using sage::dynamic_map;
using sage::dynamic_value;
using sage::value_kind;

TEST_CASE("a dynamic value is what was put in", "[model][dynamic_value]") {
  CHECK(dynamic_value().is_null());
  CHECK(dynamic_value(nullptr).kind() == value_kind::null);
  CHECK(*dynamic_value(true).get_if<bool>());
  CHECK(*dynamic_value(-5).get_if<std::int64_t>() == -5);
  CHECK(*dynamic_value(5u).get_if<std::int64_t>() == 5);
  CHECK(dynamic_value(5u) == dynamic_value(std::int8_t{5}));
  CHECK(dynamic_value(std::numeric_limits<std::uint64_t>::max()).kind() == value_kind::uint64);
  CHECK(*dynamic_value(1.5).get_if<double>() == 1.5);
  CHECK(dynamic_value("text").text() == "text");
  CHECK(dynamic_value(std::string("text")) == dynamic_value("text"));
  CHECK_FALSE(dynamic_value(1) == dynamic_value(1.0));
  CHECK_FALSE(dynamic_value(1) == dynamic_value(true));
  CHECK(dynamic_value(sage::byte_string{std::byte{1}}).kind() == value_kind::bytes);
  CHECK(dynamic_value(dynamic_list{1, "a", nullptr}).get_if<dynamic_list>()->size() == 3);
}

TEST_CASE("any number can be had as a double, everything else not", "[model][dynamic_value]") {
  CHECK(dynamic_value(-5).number() == -5.0);
  CHECK(dynamic_value(std::numeric_limits<std::uint64_t>::max()).number() == 18446744073709551616.0);
  CHECK(dynamic_value(0.25).number() == 0.25);
  CHECK_FALSE(dynamic_value("5").number());
  CHECK_FALSE(dynamic_value(true).number());
  CHECK(dynamic_value(5).text().empty());
}

TEST_CASE("a map keeps the order of its entries and finds them by key", "[model][dynamic_value]") {
  dynamic_value value;
  value["z"] = 1;
  value["a"]["deep"] = "x";
  value["z"] = 2;
  CHECK(sage::to_json(value) == R"({"z":2,"a":{"deep":"x"}})");
  REQUIRE(value.find("a") != nullptr);
  CHECK(value.find("a")->find("deep")->text() == "x");
  CHECK(value.find("none") == nullptr);
  CHECK(dynamic_value(5).find("none") == nullptr);
}

TEST_CASE("a dynamic record keeps kinds, order and exact numbers through JSON", "[model][dynamic_value]") {
  const std::string text =
      R"({"z":[1,1.0,-0.0,18446744073709551615,-9223372036854775808,"s",null,true],"a":{},"":[[]],"e":1e+300})";
  const auto value = sage::from_json<dynamic_value>(text);
  REQUIRE(value);
  CHECK(sage::to_json(*value) == text);
  CHECK(sage::from_msgpack<dynamic_value>(sage::to_msgpack(*value)).value() == *value);
}

TEST_CASE("bytes stay bytes in MessagePack and are base64 text in JSON", "[model][dynamic_value]") {
  const dynamic_value bytes = sage::byte_string{std::byte{0}, std::byte{255}};
  CHECK(sage::from_msgpack<dynamic_value>(sage::to_msgpack(bytes)).value() == bytes);
  CHECK(sage::to_json(bytes) == R"("AP8=")");
}
