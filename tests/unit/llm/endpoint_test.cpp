// What an endpoint must look like, and what is said when it doesn't.
#include "sage/llm/endpoint.hpp"

#include "tests/catch.hpp"

using namespace sage;

namespace {

std::string problem_of(const std::string& url, const std::string& key = {}) {
  model_endpoint endpoint;
  endpoint.base_url = url;
  endpoint.key = key;
  const auto fine = check_endpoint(endpoint);
  return fine ? "" : fine.error().what();
}

}  // namespace

TEST_CASE("base URLs of providers are fine with and without a slash at their end", "[llm][endpoint]") {
  for (const auto* url :
       {"https://api.openai.com/v1", "http://127.0.0.1:11434/v1/", "http://[::1]:8000/v1", "http://gpu"}) {
    CAPTURE(url);
    CHECK(problem_of(url).empty());
  }
  model_endpoint endpoint;
  endpoint.base_url = "http://h/v1//";
  CHECK(url_of(endpoint, "/chat/completions") == "http://h/v1/chat/completions");
}

TEST_CASE("a wrong base URL is told with what to write instead", "[llm][endpoint]") {
  CHECK_THAT(problem_of(""), Catch::Contains("no base URL") && Catch::Contains("https://api.openai.com/v1"));
  CHECK_THAT(problem_of("api.openai.com/v1"),
             Catch::Contains("no scheme") && Catch::Contains("http://api.openai.com/v1"));
  CHECK_THAT(problem_of("ftp://h/v1"), Catch::Contains("neither http:// nor https://"));
  CHECK_THAT(problem_of("http:///v1"), Catch::Contains("no host"));
  CHECK_THAT(problem_of("http://:80/v1"), Catch::Contains("no host"));
  CHECK_THAT(problem_of("http://h/v1/chat/completions/"),
             Catch::Contains("names one call") && Catch::Contains("write only http://h/v1;"));
  CHECK_THAT(problem_of("https://api.anthropic.com/v1/messages"),
             Catch::Contains("write only https://api.anthropic.com/v1;"));
  CHECK_THAT(problem_of("http://h/v1?api=2"), Catch::Contains("query"));
  CHECK_THAT(problem_of("http://h /v1"), Catch::Contains("spaces"));
  CHECK_THAT(problem_of("http://h\n/v1"), Catch::Contains("control"));
}

TEST_CASE("passwords and keys are refused where they don't belong, and never shown", "[llm][endpoint][secret]") {
  for (const std::string& problem : {problem_of("http://me:canary@h/v1"), problem_of("me:canary@h/v1"),
                                     problem_of("http://h/v1?key=canary"), problem_of("http://h", "canary\n"),
                                     problem_of("http://h", "Bearer canary"), problem_of("http://h", " canary")}) {
    CAPTURE(problem);
    CHECK_FALSE(problem.empty());
    CHECK(problem.find("canary") == std::string::npos);
  }
}

TEST_CASE("limits and timeouts of an endpoint must make sense", "[llm][endpoint]") {
  const auto refused = [](auto change) {
    model_endpoint endpoint;
    endpoint.base_url = "http://h";
    change(endpoint);
    const auto fine = check_endpoint(endpoint);
    return !fine && fine.error().code() == errc::configuration && !fine.error().advice().empty();
  };
  CHECK_FALSE(refused([](model_endpoint& e) { e.idle_timeout_ms = 0; }));
  CHECK(refused([](model_endpoint& e) { e.idle_timeout_ms = -1; }));
  CHECK(refused([](model_endpoint& e) { e.connect_timeout_ms = 0; }));
  CHECK(refused([](model_endpoint& e) { e.response_bytes_max = 0; }));
}
