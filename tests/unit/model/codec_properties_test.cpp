/// decode(encode(x)) == x, for each format and each kind of field.
#include "sage/model/csv.hpp"
#include "sage/model/json.hpp"
#include "sage/model/msgpack.hpp"
#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

using samples::generator;

namespace {

constexpr std::uint64_t rounds = 400;

template <class T>
void check_json(const T& value) {
  const std::string text = sage::to_json(value);
  INFO(text);
  CHECK(text.find('\n') == std::string::npos);
  const auto back = sage::from_json<T>(text, {}, sage::decode_mode::strict);
  REQUIRE(back);
  CHECK(*back == value);
}

template <class T>
void check_msgpack(const T& value) {
  const std::string bytes = sage::to_msgpack(value);
  const auto back = sage::from_msgpack<T>(bytes, {}, sage::decode_mode::strict);
  REQUIRE(back);
  CHECK(*back == value);
}

template <class T>
void check_csv(const T& value, const sage::csv_format& format) {
  std::string row;
  sage::append_csv_row(row, value, format);
  INFO(row);
  const auto back = sage::from_csv_row<T>(row, format);
  if (!back) FAIL(back.error().what());
  CHECK(*back == value);
  sage::csv_row_scanner scanner(format.quote);
  CHECK(scanner.find_end(row + "\nnext") == row.size() + 1);
}

}  // namespace

TEST_CASE("what is encoded as JSON decodes to the same value", "[model][json][property]") {
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    generator random(seed);
    check_json(random.line());
    check_json(random.single_values());
    check_json(random.compound_values(false));  // JSON has no bytes: a dynamic value can't tell them from text
    check_json(random.anything(4, false));
  }
}

TEST_CASE("what is encoded as MessagePack decodes to the same value", "[model][msgpack][property]") {
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    generator random(seed);
    check_msgpack(random.line());
    check_msgpack(random.single_values());
    check_msgpack(random.compound_values(true));
    check_msgpack(random.anything(4, true));
  }
}

TEST_CASE("what is encoded as CSV decodes to the same value", "[model][csv][property]") {
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    CAPTURE(seed);
    generator random(seed);
    for (const sage::csv_format& format :
         {sage::csv_format{}, sage::csv_format{';', '\''}, sage::csv_format{'\t', '"'}}) {
      check_csv(random.line(), format);
      check_csv(random.single_values(), format);
      check_csv(random.compound_values(false), format);
    }
  }
}

TEST_CASE("every float and double survives its text", "[model][json][property]") {
  generator random(4711);
  for (int i = 0; i < 20000; ++i) {
    const auto single = random.real<float>();
    const auto twice = random.real<double>();
    const auto single_back = sage::from_json<float>(sage::to_json(single)).value();
    const auto twice_back = sage::from_json<double>(sage::to_json(twice)).value();
    // Bits, not values: -0.0 is not 0.0.
    if (std::memcmp(&single, &single_back, sizeof single) != 0) FAIL(sage::to_json(single));
    if (std::memcmp(&twice, &twice_back, sizeof twice) != 0) FAIL(sage::to_json(twice));
  }
  CHECK(std::isnan(sage::from_json<double>(sage::to_json(std::nan(""))).value()));
  CHECK(std::isnan(sage::from_msgpack<float>(sage::to_msgpack(std::nanf(""))).value()));
}
