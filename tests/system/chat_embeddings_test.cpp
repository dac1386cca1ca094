// Embeddings behind HTTP: calls that pass the pipeline by, under the same rules as chats.
#include <atomic>
#include <chrono>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sage/functions/tasks/blocking.hpp"
#include "sage/llm/models/model_error.hpp"
#include "sage/llm/models/retrying_embedding_model.hpp"
#include "sage/sage.hpp"
#include "sage/serving.hpp"
#include "tests/catch.hpp"
#include "tests/system/raw_client.hpp"

namespace {

using namespace sage;
using namespace std::chrono_literals;
using sage::testing::comes_true;
using sage::testing::raw_client;
using sage::testing::status_of;

// Says of a text how long it is, unless the text says what else to do.
class text_measure final : public embedding_model {
 public:
  task<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override {
    ++calls;
    const counted one(running);
    const std::string& first = texts.front();
    if (first == "hang") co_await sleep_for(1h);
    if (first == "wait a little") co_await sleep_for(20ms);
    if (first == "block") {
      auto work = [this] {
        is_blocking = true;
        is_blocking.notify_all();
        may_return.wait(false);
      };
      co_await run_blocking(work);
    }
    if (first == "refuse" || first == "throttle" || first == "key" || (first == "once" && calls < 2)) {
      llm::provider_error problem;
      problem.failure = first == "refuse"     ? llm::provider_failure::refused
                        : first == "throttle" ? llm::provider_failure::throttled
                        : first == "key"      ? llm::provider_failure::unauthorized
                                              : llm::provider_failure::overloaded;
      problem.status = first == "refuse" ? 413 : 0;
      problem.code = first == "refuse" ? "too_many_tokens" : "";
      problem.retryable = first == "once";
      if (first == "throttle") problem.retry_after_ms = 6500;
      problem.message = "canary of the provider";
      throw llm::model_error(problem, "text_measure");
    }
    if (first == "throw") throw std::runtime_error("no numbers today");
    std::vector<std::vector<float>> all;
    if (first != "too few") {
      for (const std::string& text : texts) all.push_back({static_cast<float>(text.size()), 0.5f});
    }
    if (first == "no number") all.front()[1] = std::numeric_limits<float>::quiet_NaN();
    co_return all;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "measure"; }

  std::atomic<int> calls{0};
  std::atomic<int> running{0};
  std::atomic<bool> is_blocking{false};
  std::atomic<bool> may_return{false};

 private:
  struct counted {
    explicit counted(std::atomic<int>& its) noexcept : number(its) { ++number; }
    ~counted() { --number; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    std::atomic<int>& number;
  };
};

struct service {
  explicit service(serving::chat_server_options options = {}, bool has_model = true)
      : model(std::make_shared<text_measure>()) {
    options.listen = "127.0.0.1:0";
    if (has_model) options.embeddings = std::make_shared<retrying_embedding_model>(model);
    std::promise<serving::address> bound;
    std::future<serving::address> where = bound.get_future();
    options.on_bound = [&bound](const serving::address& its) { bound.set_value(its); };
    const auto echo = [](const completion_call& call) { return call.text; };
    env.from_source(serving::chat_server(std::move(options))).map(echo).sink(serving::reply());
    running = env.submit("service");
    REQUIRE(where.wait_for(10s) == std::future_status::ready);
    port = where.get().port;
  }
  ~service() {
    model->may_return = true;
    model->may_return.notify_all();
    running->cancel();
    try {
      running->wait();
    } catch (const error&) {  // cancelled
    }
  }

  static std::string request(const std::string& body, const std::string& headers = {},
                             const std::string& path = "/v1/embeddings") {
    return "POST " + path +
           " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string asking(const std::string& text, const std::string& more = {}) {
    return R"({"model":"measure","input":")" + text + "\"" + more + "}";
  }
  [[nodiscard]] std::string post(const std::string& body, const std::string& headers = {},
                                 const std::string& path = "/v1/embeddings") const {
    raw_client client(port);
    client.send(request(body, headers, path));
    REQUIRE(client.read_to_end());
    return client.seen;
  }
  /// A client that has asked and waits.
  [[nodiscard]] std::unique_ptr<raw_client> start(const std::string& text) const {
    auto client = std::make_unique<raw_client>(port);
    client->send(request(asking(text)));
    return client;
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    raw_client client(port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    REQUIRE(client.read_to_end());
    return client.seen;
  }

  std::shared_ptr<text_measure> model;
  local_environment env;
  std::optional<job> running;
  std::uint16_t port = 0;
};

nlohmann::json body_of(const std::string& response) {
  return nlohmann::json::parse(response.substr(response.find("\r\n\r\n") + 4));
}
std::string code_of(const std::string& response) {
  return body_of(response)["error"]["code"];
}

TEST_CASE("embeddings are answered as numbers or base64, and the model is listed", "[system][chat_embeddings]") {
  const service its;
  const std::string whole = its.post(R"({"model":"measure","input":["a","four"]})");
  REQUIRE(status_of(whole) == 200);
  CHECK_THAT(whole, Catch::Contains("X-Request-Id: req-"));
  const auto body = body_of(whole);
  CHECK(body["model"] == "measure");
  REQUIRE(body["data"].size() == 2);
  CHECK(body["data"][1]["embedding"] == nlohmann::json::array({4.0, 0.5}));
  CHECK(body["usage"]["prompt_tokens"] == 2);
  const auto encoded = body_of(its.post(service::asking("a", R"(,"encoding_format":"base64","dimensions":2)")));
  CHECK(encoded["data"][0]["embedding"] == "AACAPwAAAD8=");
  CHECK_THAT(its.get("/v1/models"), Catch::Contains("\"sage\"") && Catch::Contains("\"measure\""));
  CHECK(status_of(its.get("/v1/models/measure")) == 200);
  // Chats go on as before, and the embedding model isn't one of theirs.
  const std::string chat = R"(","messages":[{"role":"user","content":"hello"}]})";
  CHECK(status_of(its.post(R"({"model":"sage)" + chat, {}, "/v1/chat/completions")) == 200);
  CHECK(code_of(its.post(R"({"model":"measure)" + chat, {}, "/v1/chat/completions")) == "model_not_found");
}

TEST_CASE("without an embedding model a client is told so", "[system][chat_embeddings]") {
  const service its({}, false);
  const std::string told = its.post(service::asking("a"));
  CHECK(status_of(told) == 404);
  CHECK(code_of(told) == "not_found");
  CHECK_THAT(told, Catch::Contains("no embedding model"));
  CHECK_THAT(its.get("/v1/models"), !Catch::Contains("measure"));
}

TEST_CASE("bad requests for embeddings are refused before the model is asked", "[system][chat_embeddings]") {
  const service its;
  const auto refused = [&](const std::string& body) {
    const std::string told = its.post(body);
    CHECK(status_of(told) == 400);
    return body_of(told)["error"]["param"].dump();
  };
  CHECK(status_of(its.post("{")) == 400);
  CHECK(refused(R"({"input":"a"})") == R"("model")");
  CHECK(refused(R"({"model":"measure","input":[]})") == R"("input")");
  CHECK(refused(R"({"model":"measure","input":[1,2]})") == R"("input")");
  CHECK(refused(service::asking("a", R"(,"encoding_format":"hex")")) == R"("encoding_format")");
  CHECK(code_of(its.post(R"({"model":"other","input":"a"})")) == "model_not_found");
  raw_client plain(its.port);
  plain.send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
  REQUIRE(plain.read_to_end());
  CHECK(status_of(plain.seen) == 415);
  raw_client put(its.port);
  put.send("PUT /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(put.read_to_end());
  CHECK(status_of(put.seen) == 405);
  CHECK(its.model->calls == 0);
  // Only the model knows how many numbers it makes.
  const std::string sizes = its.post(service::asking("a", R"(,"dimensions":3)"));
  CHECK(status_of(sizes) == 400);
  CHECK(body_of(sizes)["error"]["param"] == "dimensions");
}

TEST_CASE("an embedding model's failure reaches the client as what it is", "[system][chat_embeddings]") {
  const service its;
  const std::string refused = its.post(service::asking("refuse"));
  CHECK(status_of(refused) == 413);
  CHECK(code_of(refused) == "too_many_tokens");
  const std::string throttled = its.post(service::asking("throttle"));
  CHECK(status_of(throttled) == 429);
  CHECK_THAT(throttled, Catch::Contains("Retry-After: 7\r\n"));
  const std::string key = its.post(service::asking("key"));
  CHECK(status_of(key) == 502);
  CHECK_THAT(key, !Catch::Contains("canary"));
  const std::string thrown = its.post(service::asking("throw"));
  CHECK(status_of(thrown) == 500);
  CHECK_THAT(thrown, Catch::Contains("no numbers today"));
  CHECK(status_of(its.post(service::asking("too few"))) == 502);
  CHECK(status_of(its.post(service::asking("no number"))) == 502);
  its.model->calls = 0;
  CHECK(status_of(its.post(service::asking("once"))) == 200);  // tried again, on the thread's timers
  CHECK(its.model->calls == 2);
}

TEST_CASE("a client that goes away calls its embedding off", "[system][chat_embeddings]") {
  const service its;
  const auto client = its.start("hang");
  REQUIRE(comes_true([&] { return its.model->running == 1; }));
  client->close();
  CHECK(comes_true([&] { return its.model->running == 0; }));
  CHECK(status_of(its.post(service::asking("a"))) == 200);
}

TEST_CASE("embeddings have a deadline and a bound on how many run", "[system][chat_embeddings]") {
  {
    const service its({.request_deadline = 30ms});
    const std::string late = its.post(service::asking("hang"));
    CHECK(status_of(late) == 504);
    CHECK(its.model->running == 0);
  }
  const service its({.embeddings_running_max = 2});
  const auto first = its.start("hang"), second = its.start("hang");
  REQUIRE(comes_true([&] { return its.model->running == 2; }));
  const std::string more = its.post(service::asking("a"));
  CHECK(status_of(more) == 503);
  CHECK_THAT(more, Catch::Contains("Retry-After"));
  first->close();
  CHECK(comes_true([&] { return status_of(its.post(service::asking("a"))) == 200; }));
}

TEST_CASE("callers of embeddings are known and limited like those of chats", "[system][chat_embeddings]") {
  const std::string token = "a-token-of-a-caller-1";
  const auto lines = serving::callers::from_text(
      "acme " + serving::to_hex(serving::hash_of(token)) + " tokens_per_minute=40\n", "callers");
  REQUIRE(lines);
  const service its({.allowed = std::make_shared<serving::callers>(*lines)});
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  CHECK(status_of(its.post(service::asking("a"))) == 401);
  std::string many;
  for (int i = 0; i < 60; ++i) many += "word ";
  CHECK(status_of(its.post(service::asking(many), bearer)) == 200);
  const std::string spent = its.post(service::asking("a"), bearer);
  CHECK(status_of(spent) == 429);
  CHECK_THAT(spent, Catch::Contains("Retry-After: ") && Catch::Contains("tokens_per_minute"));
}

TEST_CASE("a drain waits for embeddings, a cancel doesn't", "[system][chat_embeddings]") {
  {
    service its;
    const auto client = its.start("wait a little");
    REQUIRE(comes_true([&] { return its.model->calls == 1; }));
    its.running->drain();
    CHECK(its.running->wait().state == job_state::done);
    REQUIRE(client->read_to_end());
    CHECK(status_of(client->seen) == 200);
    CHECK(status_of(its.post(service::asking("a"))) == 503);
  }
  service its;
  const auto client = its.start("hang");
  REQUIRE(comes_true([&] { return its.model->running == 1; }));
  its.running->cancel();
  REQUIRE(client->read_to_end());
  CHECK(status_of(client->seen) == 503);
  CHECK(its.model->running == 0);
}

TEST_CASE("blocking code of an embedding that was given up ends before its frame does", "[system][chat_embeddings]") {
  service its;
  const auto client = its.start("block");
  its.model->is_blocking.wait(false);
  client->close();
  // The client is gone and others are served, while the code still runs.
  CHECK(status_of(its.post(service::asking("a"))) == 200);
  CHECK(its.model->running == 1);
  its.model->may_return = true;
  its.model->may_return.notify_all();
  CHECK(comes_true([&] { return its.model->running == 0; }));
}

}  // namespace
