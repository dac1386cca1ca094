// Plain JSON requests and answers for described records.
#include "sage/serving/json_protocol.hpp"

#include "sage/model/describe.hpp"
#include "sage/model/secret.hpp"
#include "tests/catch.hpp"

namespace {

struct question {
  std::string text;
  std::optional<int> most;
};
SAGE_DESCRIBE(question, text, most)

struct answer {
  std::string text;
  sage::secret<std::string> source;
};
SAGE_DESCRIBE(answer, text, source)

sage::serving::server_request with_body(std::string body) {
  sage::serving::server_request request;
  request.headers = {{"Content-Type", "Application/JSON"}};
  request.body = std::move(body);
  return request;
}

}  // namespace

using namespace sage::serving;

TEST_CASE("a body becomes a record, and a record a body without its secrets", "[serving][json]") {
  question asked;
  CHECK_FALSE(decode_request(with_body(R"({"text":"why?","unknown":1})"), asked).has_value());
  CHECK(asked.text == "why?");
  CHECK_FALSE(asked.most.has_value());
  CHECK(encode_reply(answer{"because", std::string("hidden")}) == R"({"text":"because"})");
}

TEST_CASE("a body that isn't the record is told with field and place", "[serving][json]") {
  const auto problem_of = [](const std::string& body) {
    question asked;
    const auto problem = decode_request(with_body(body), asked);
    REQUIRE(problem.has_value());
    return *problem;
  };
  CHECK(problem_of(R"({"text":7})").param == "text");
  CHECK(problem_of(R"({"text":7})").status == 400);
  CHECK(problem_of("{}").status == 400);
  CHECK(problem_of("{}").message.find("text") != std::string::npos);
  CHECK(problem_of("{\n\"text\":}").message.find("2:8") != std::string::npos);
  CHECK(problem_of(R"({"text":"a","most":[1]})").param == "most");
  CHECK(problem_of(R"({"text":"a"} x)").status == 400);
  question asked;
  sage::decode_limits limits;
  limits.bytes_max = 10;
  CHECK(decode_request(with_body(R"({"text":"why?"})"), asked, limits)->status == 413);
}
