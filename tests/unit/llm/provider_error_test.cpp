// Errors of providers: their bodies, what may be tried again, and what is said about it.
#include "sage/llm/provider_error.hpp"

#include "sage/base/utf8.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::llm;

TEST_CASE("the error bodies of providers are understood", "[llm][error]") {
  auto problem = error_of_answer(
      429, {{"Retry-After", "2"}},
      R"({"error": {"message": "Rate limit reached", "type": "requests", "param": null, "code": "rate_limit_exceeded"}})",
      0);
  CHECK(problem.failure == provider_failure::throttled);
  CHECK(problem.retryable);
  CHECK(problem.retry_after_ms == 2000);
  CHECK(problem.code == "rate_limit_exceeded");
  CHECK(problem.message == "the provider answered 429: Rate limit reached");

  problem = error_of_answer(
      529, {}, R"({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})", 0);
  CHECK(problem.failure == provider_failure::overloaded);
  CHECK(problem.retryable);
  CHECK_FALSE(problem.retry_after_ms);
  CHECK(problem.type == "overloaded_error");

  problem = error_of_answer(404, {}, R"({"error": "model 'x' not found"})", 0);  // Ollama
  CHECK(problem.failure == provider_failure::refused);
  CHECK_FALSE(problem.retryable);
  CHECK(problem.message == "the provider answered 404: model 'x' not found");

  problem = error_of_answer(
      400, {}, R"({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400})", 0);
  CHECK(problem.message == "the provider answered 400: too long");
  CHECK(problem.code == "400");

  CHECK(error_of_answer(422, {}, R"({"detail": "Not valid"})", 0).message == "the provider answered 422: Not valid");
  CHECK(error_of_answer(502, {}, "<html>Bad\nGateway\xff</html>", 0).message ==
        "the provider answered 502: <html>Bad Gateway\xef\xbf\xbd</html>");
  CHECK(error_of_answer(500, {}, "", 0).message == "the provider answered 500 without a reason");
  CHECK_THAT(error_of_answer(308, {{"Location", "https://other/v1"}}, "", 0).message,
             Catch::Contains("https://other/v1"));
}

TEST_CASE("long error bodies are shortened between characters", "[llm][error]") {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "\xe2\x82\xac";
  const auto problem = error_of_answer(500, {}, body, 0);
  CHECK(problem.message.size() < 600);
  CHECK(is_utf8(problem.message));
  CHECK(problem.message.find("\xef\xbf\xbd") == std::string::npos);
}

TEST_CASE("only what may go better next time is retryable", "[llm][error]") {
  const auto retryable = [](std::uint32_t status, const http_headers& headers = {}, std::string_view body = "") {
    return error_of_answer(status, headers, body, 0).retryable;
  };
  for (const std::uint32_t status : {408u, 409u, 425u, 429u, 500u, 502u, 503u, 504u, 529u}) CHECK(retryable(status));
  for (const std::uint32_t status : {301u, 400u, 401u, 403u, 404u, 413u, 422u, 501u, 505u})
    CHECK_FALSE(retryable(status));
  CHECK_FALSE(retryable(429, {}, R"({"error": {"message": "m", "code": "insufficient_quota"}})"));
  CHECK_FALSE(retryable(500, {{"X-Should-Retry", "false"}}));
  CHECK(retryable(400, {{"x-should-retry", "true"}}));
  CHECK(error_of_answer(401, {}, "", 0).failure == provider_failure::unauthorized);
  CHECK_THAT(std::string(error_of_answer(401, {}, "", 0).to_error().what()), Catch::Contains("SAGE_API_KEY"));
}

TEST_CASE("errors inside answers keep what they are", "[llm][error]") {
  auto problem = error_inside_answer(R"({"error": {"message": "slow down", "code": 429}})");
  CHECK(problem.failure == provider_failure::throttled);
  CHECK(problem.retryable);
  CHECK_THAT(problem.message, Catch::Contains("slow down"));
  CHECK(
      error_inside_answer(R"({"type":"error","error":{"type":"invalid_request_error","message":"no"}})").retryable ==
      false);
  CHECK(error_inside_answer(R"({"error": "it broke"})").failure == provider_failure::overloaded);
}

TEST_CASE("each failure of HTTP becomes the failure of a provider", "[llm][error]") {
  const auto failure = [](http_failure cause, bool begun) { return error_of_outcome({cause, "x", 0}, begun); };
  CHECK(failure(http_failure::connect, false).failure == provider_failure::unreachable);
  CHECK(failure(http_failure::reset, false).failure == provider_failure::unreachable);
  CHECK(failure(http_failure::reset, true).failure == provider_failure::cut);
  CHECK(failure(http_failure::timeout, true).failure == provider_failure::timeout);
  CHECK(failure(http_failure::too_large, true).retryable == false);
  CHECK(failure(http_failure::tls, false).retryable == false);
  CHECK(failure(http_failure::cancelled, true).to_error().code() == errc::cancelled);
  CHECK(failure(http_failure::refused, false).failure == provider_failure::invalid_request);
}

TEST_CASE("a client is told of a refusal with its status, and of our key and our bill nothing", "[llm][error]") {
  const auto told = [](std::uint32_t status, const http_headers& headers = {}) {
    return error_of_answer(status, headers, R"({"error":{"message":"said so","code":"its_code"}})", 0).told();
  };
  for (const std::uint16_t status : {400, 404, 409, 413, 422}) {
    CHECK(told(status) == item_failure{status, 0, "its_code", ""});
  }
  CHECK(told(429, {{"Retry-After", "2"}}) == item_failure{429, 2, "its_code", ""});
  CHECK(told(429, {{"Retry-After-Ms", "1500"}}).retry_after_s == 2);
  CHECK(told(429).retry_after_s == 0);
  for (const std::uint32_t status : {401u, 402u, 403u, 407u, 302u}) {
    CAPTURE(status);
    CHECK(told(status).status == 502);
    CHECK(told(status).code == "model_failed");
    CHECK_FALSE(told(status).text.empty());  // and not the provider's words
  }
  CHECK(told(504).status == 504);
  for (const std::uint32_t status : {500u, 503u, 529u}) CHECK(told(status).status == 502);
  CHECK(error_inside_answer(R"({"error":{"type":"invalid_request_error","message":"no"}})").told().status == 400);
  CHECK(invalid_request(error(errc::invalid_argument, "ours")).told() == item_failure());
}
