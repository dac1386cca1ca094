#include "sage/model/secret.hpp"

#include <sstream>

#include "sage/model/csv.hpp"
#include "sage/model/json.hpp"
#include "sage/model/json_schema.hpp"
#include "sage/model/msgpack.hpp"
#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

namespace {

constexpr const char* canary = "CANARY-4711";

samples::account with_secrets() {
  return {"ann", std::string(canary), sage::secret<std::string>(canary)};
}

template <class T>
concept printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("a secret leaves in no format, encoded or shown", "[model][secret]") {
  const samples::account record = with_secrets();
  std::string row;
  sage::append_csv_row(row, record);
  for (const std::string& text : {sage::to_json(record), sage::to_msgpack(record), sage::to_shown_json(record), row,
                                  sage::csv_header<samples::account>(), sage::json_schema<samples::account>()}) {
    CAPTURE(text);
    CHECK(text.find(canary) == std::string::npos);
  }
  CHECK(sage::to_json(record) == R"({"user":"ann"})");
  CHECK(sage::to_shown_json(record) == R"({"user":"ann","password":"***","token":"***"})");
  CHECK(row == "ann");
}

TEST_CASE("a decoder never sets a secret, even when the input has one", "[model][secret]") {
  const auto record = sage::from_json<samples::account>(
      R"({"user":"ann","password":"from outside","token":"from outside"})", {}, sage::decode_mode::strict);
  REQUIRE(record);
  CHECK(record->user == "ann");
  CHECK(record->password.reveal().empty());
  CHECK_FALSE(record->token.has_value());
  const auto other = sage::from_msgpack<samples::account>(sage::to_msgpack(with_secrets()));
  REQUIRE(other);
  CHECK(other->password.reveal().empty());
}

TEST_CASE("a secret can be revealed and compared, not printed", "[model][secret]") {
  CHECK(with_secrets().password.reveal() == canary);
  CHECK(with_secrets() == with_secrets());
  CHECK_FALSE(with_secrets().password == sage::secret<std::string>("other"));
  STATIC_REQUIRE_FALSE(printable<sage::secret<std::string>>);
  STATIC_REQUIRE_FALSE(printable<sage::secret<int>>);
}
