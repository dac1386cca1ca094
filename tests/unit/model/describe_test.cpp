#include "sage/model/describe.hpp"

#include <string>
#include <vector>

#include "sage/model/json.hpp"
#include "sage/model/value_shape.hpp"
#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

namespace describe_test {

struct point {
  int x = 1;
  double y = 2;
};
SAGE_DESCRIBE(point, x, y)

struct derived : point {
  int z = 3;
};

struct described_derived : point {
  int z = 3;
};
SAGE_DESCRIBE(described_derived, x, y, z)

struct empty {};
SAGE_DESCRIBE(empty)

enum class color { red, green = 7 };
SAGE_DESCRIBE_ENUM(color, red, green)
enum old_style { apple = 3 };
SAGE_DESCRIBE_ENUM(old_style, apple)
enum class plain { a };
enum class answer { no, yes };
SAGE_DESCRIBE_ENUM(answer, no, yes)
bool sage_enum_from_text(std::string_view text, answer& value) {
  value = answer::yes;
  return text == "Y";
}

struct not_described {
  int x;
};
struct holds_it {
  std::vector<not_described> all;
};
SAGE_DESCRIBE(holds_it, all)
struct holds_pointer {
  int* pointer = nullptr;
};
SAGE_DESCRIBE(holds_pointer, pointer)
struct holds_constant {
  const int constant = 1;
};
SAGE_DESCRIBE(holds_constant, constant)
struct holds_list_of_secrets {
  std::vector<sage::secret<int>> secrets;
};
SAGE_DESCRIBE(holds_list_of_secrets, secrets)

struct wide {
  int f00 = 0, f01 = 1, f02 = 2, f03 = 3, f04 = 4, f05 = 5, f06 = 6, f07 = 7, f08 = 8, f09 = 9, f10 = 10, f11 = 11,
      f12 = 12, f13 = 13, f14 = 14, f15 = 15, f16 = 16, f17 = 17, f18 = 18, f19 = 19, f20 = 20, f21 = 21, f22 = 22,
      f23 = 23, f24 = 24, f25 = 25, f26 = 26, f27 = 27, f28 = 28, f29 = 29, f30 = 30, f31 = 31, f32 = 32, f33 = 33,
      f34 = 34, f35 = 35, f36 = 36, f37 = 37, f38 = 38, f39 = 39, f40 = 40, f41 = 41, f42 = 42, f43 = 43, f44 = 44,
      f45 = 45, f46 = 46, f47 = 47, f48 = 48, f49 = 49, f50 = 50, f51 = 51, f52 = 52, f53 = 53, f54 = 54, f55 = 55,
      f56 = 56, f57 = 57, f58 = 58, f59 = 59, f60 = 60, f61 = 61, f62 = 62, f63 = 63, f64 = 64, f65 = 65, f66 = 66;
};
SAGE_DESCRIBE(wide, f00, f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, f11, f12, f13, f14, f15, f16, f17, f18,
              f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39,
              f40, f41, f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60,
              f61, f62, f63, f64, f65, f66)

}  // namespace describe_test

namespace {
struct in_no_namespace {
  int only = 5;
};
SAGE_DESCRIBE(in_no_namespace, only)
}  // namespace

using namespace describe_test;

TEST_CASE("the fields of a described struct are visited in order, by name and as references", "[model][describe]") {
  point record;
  std::string seen;
  sage::for_each_field(record, [&](std::string_view name, auto& value) {
    seen += std::string(name) + ";";
    value += 10;
  });
  CHECK(seen == "x;y;");
  CHECK(record.x == 11);
  CHECK(record.y == 12);
  double sum = 0;
  sage::for_each_field(static_cast<const point&>(record), [&](std::string_view, const auto& value) { sum += value; });
  CHECK(sum == 23);
}

TEST_CASE("any number of fields from none to more than 64 can be described", "[model][describe]") {
  STATIC_REQUIRE(sage::field_count<empty> == 0);
  STATIC_REQUIRE(sage::field_count<in_no_namespace> == 1);
  STATIC_REQUIRE(sage::field_count<wide> == 67);
  int sum = 0;
  sage::for_each_field(wide(), [&](std::string_view name, int value) {
    sum += value;
    CHECK(name == (value < 10 ? "f0" : "f") + std::to_string(value));
  });
  CHECK(sum == 66 * 67 / 2);
}

TEST_CASE("a derived class is not described by its base, but may name its base's fields", "[model][describe]") {
  STATIC_REQUIRE(sage::described<point>);
  STATIC_REQUIRE_FALSE(sage::described<derived>);
  STATIC_REQUIRE(sage::described<described_derived>);
  int sum = 0;
  sage::for_each_field(described_derived(), [&](std::string_view, auto value) { sum += static_cast<int>(value); });
  CHECK(sum == 6);
}

TEST_CASE("the values of a described enum have names in both directions", "[model][describe]") {
  STATIC_REQUIRE(sage::described_enum<color>);
  STATIC_REQUIRE_FALSE(sage::described_enum<plain>);
  STATIC_REQUIRE(sage::enum_name(color::green) == "green");
  STATIC_REQUIRE(sage::enum_name(apple) == "apple");
  CHECK(sage::enum_name(static_cast<color>(99)).empty());
  color value = color::red;
  CHECK(sage::enum_from_name("green", value));
  CHECK(value == color::green);
  CHECK_FALSE(sage::enum_from_name("Green", value));
  CHECK(value == color::green);
}

TEST_CASE("a liberal enum is read from other texts, never from numbers, and written by its names",
          "[model][describe]") {
  STATIC_REQUIRE(sage::liberal_enum<answer>);
  STATIC_REQUIRE_FALSE(sage::liberal_enum<color>);
  CHECK(sage::from_json<answer>("\"yes\"").value() == answer::yes);
  CHECK(sage::from_json<answer>("\"Y\"").value() == answer::yes);
  CHECK(std::string(sage::from_json<answer>("\"maybe\"").error().what()) == "1:1: \"maybe\" is none of no, yes");
  CHECK_FALSE(sage::from_json<answer>("1"));
  CHECK(sage::to_json(answer::yes) == "\"yes\"");
}

TEST_CASE("what can be encoded is known at compile time, through all nesting", "[model][describe]") {
  STATIC_REQUIRE(sage::encodable<samples::scalars>);
  STATIC_REQUIRE(sage::encodable<samples::compounds>);
  STATIC_REQUIRE(sage::encodable<samples::tree>);  // contains itself
  STATIC_REQUIRE(sage::encodable<samples::account>);
  STATIC_REQUIRE(sage::encodable<std::vector<std::map<std::string, std::optional<wide>>>>);
  STATIC_REQUIRE_FALSE(sage::encodable<not_described>);
  STATIC_REQUIRE_FALSE(sage::encodable<holds_it>);
  STATIC_REQUIRE_FALSE(sage::encodable<holds_pointer>);
  STATIC_REQUIRE_FALSE(sage::encodable<holds_constant>);
  STATIC_REQUIRE_FALSE(sage::encodable<holds_list_of_secrets>);
  STATIC_REQUIRE_FALSE(sage::encodable<sage::secret<int>>);
  STATIC_REQUIRE_FALSE(sage::encodable<std::optional<std::optional<int>>>);
  STATIC_REQUIRE_FALSE(sage::encodable<std::string_view>);
  STATIC_REQUIRE_FALSE(sage::encodable<long double>);
  STATIC_REQUIRE_FALSE(sage::encodable<std::map<double, int>>);
}
