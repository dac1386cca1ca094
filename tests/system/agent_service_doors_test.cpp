// Who is let into the agent service, and whom it speaks to: callers, TLS, models, embeddings.
#include <filesystem>

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/stat.h>

#include "tests/catch.hpp"
#include "tests/system/agent_service_process.hpp"

using namespace sage::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("callers are added, must present their tokens, and are let in from elsewhere", "[system][agent_service]") {
  const scratch_folder folder;
  const std::string file = folder.path("callers");
  CHECK(run("agent_service", {"callers", "add", "acme"}).exit_code == 2);
  CHECK(run("agent_service", {"callers", "add", "a b", "--callers", file}).exit_code == 2);
  const finished_process added = run("agent_service", {"callers", "add", "acme", "--callers", file});
  REQUIRE(added.exit_code == 0);
  const std::string token = added.out.substr(0, added.out.size() - 1);
  CHECK(token.size() > 40);
  CHECK(folder.read("callers").find(token) == std::string::npos);

  service its({"--callers", file, "--demo", "--log-level", "info"}, {{"SAGE_CALLER_TOKEN", "canary-of-one-caller"}});
  REQUIRE(its.program.wait_for("curl"));  // it has talked to itself, as a caller
  CHECK_THAT(its.post(service::asking("Hello")), StartsWith("HTTP/1.1 401"));
  CHECK_THAT(its.post(service::asking("Hello"), "Authorization: Bearer wrong\r\n"), StartsWith("HTTP/1.1 401"));
  CHECK_THAT(its.post(service::asking("Hello"), "Authorization: Bearer " + token + "\r\n"),
             StartsWith("HTTP/1.1 200"));
  CHECK_THAT(its.post(service::asking("Hello"), "Authorization: Bearer canary-of-one-caller\r\n"),
             StartsWith("HTTP/1.1 200"));
  CHECK_THAT(its.get("/metrics"), StartsWith("HTTP/1.1 401"));

  // Two tenants may call their conversations the same.
  const auto as = [&](const std::string& who, const std::string& text) {
    return said(its.post(service::asking(text), "X-Conversation-Id: c1\r\nAuthorization: Bearer " + who + "\r\n"));
  };
  CHECK_THAT(as(token, "order 1002"), Contains("Order 1002"));
  CHECK_THAT(as("canary-of-one-caller", "when will my order arrive"), Contains("Which order"));

  const scratch_folder other;
  process outside("agent_service", {"run", "--listen", "0.0.0.0:0", "--data", other.path(""), "--callers", file});
  CHECK(outside.wait_for("service http://0.0.0.0:"));
  CHECK(::chmod(file.c_str(), 0644) == 0);
  CHECK_THAT(refused({"--callers", file}).err, Contains("chmod 600"));
  const std::string none = folder.write("none", "# nobody\n");
  CHECK(::chmod(none.c_str(), 0600) == 0);
  CHECK_THAT(refused({"--callers", none}).err, Contains("no caller is in the file"));
  CHECK_THAT(refused({}, {{"SAGE_CALLER_TOKEN", "short"}}).err, Contains("SAGE_CALLER_TOKEN"));
}

TEST_CASE("keys and tokens never appear", "[system][agent_service]") {
  const std::string token = "canary-token-0123456789";
  const std::string key = "canary-key-0123456789";
  const process::variables secrets{{"SAGE_CALLER_TOKEN", token}, {"SAGE_API_KEY", key}};
  const auto clean = [&](const std::string& text) { CHECK(text.find("canary") == std::string::npos); };
  // A provider that repeats the key which it was shown, in its refusal.
  std::string shown;
  const test_server provider({}, [&](sage::serving::server_request request, auto to) {
    shown = std::string(request.header("Authorization"));
    to->send(401, {{"Content-Type", "application/json"}},
             R"({"error":{"message":"wrong key )" + shown + R"(","type":"invalid_request_error"}})");
  });
  service its({"--model-url", "http://127.0.0.1:" + std::to_string(provider.port()) + "/v1", "--model", "m",
               "--log-level", "trace", "--operations", "127.0.0.1:0", "--metrics", "/dev/stderr"},
              secrets);
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  const std::string answer = its.post(service::asking("Hello"), bearer);
  CHECK(shown == "Bearer " + key);
  CHECK_THAT(answer, StartsWith("HTTP/1.1 502"));
  clean(answer);
  clean(its.get("/metrics", bearer));
  clean(its.post(service::asking("Hello"), "Authorization: Bearer x" + token + "\r\n"));
  its.program.send(SIGTERM);
  const finished_process ended = its.program.wait();
  CHECK(ended.exit_code == 0);
  clean(ended.out);
  clean(ended.err);
  for (const texts& arguments : {texts{"run", "--dump-config"},
                                 {"graph", "--explain"},
                                 {"graph", "--format", "json"},
                                 {"run", "--listen", "x"},
                                 {"--help"}}) {
    const finished_process other = run("agent_service", arguments, secrets);
    clean(other.out);
    clean(other.err);
  }
}

TEST_CASE("any server of the API can be the model: here another service", "[system][agent_service]") {
  const service provider({}, {{"SAGE_CALLER_TOKEN", "what-the-provider-wants"}});
  const std::string url = "http://127.0.0.1:" + std::to_string(provider.port) + "/v1";
  const service its({"--model-url", url, "--model", "sage"}, {{"SAGE_API_KEY", "what-the-provider-wants"}});
  CHECK_THAT(its.ask("Hello", "c1"), StartsWith("Hello, this is Lantern & Loom"));
  CHECK_THAT(its.ask("thanks", "c1"), StartsWith("You are welcome"));
  const service wrong({"--model-url", url, "--model", "sage"}, {{"SAGE_API_KEY", "what-nobody-wants"}});
  CHECK_THAT(wrong.post(service::asking("Hello")), StartsWith("HTTP/1.1 502") && Contains("key"));
}

TEST_CASE("with a certificate it speaks TLS and nothing else", "[system][agent_service]") {
  const scratch_folder folder;
  const std::string certificate = folder.path("cert.pem"), key = folder.path("key.pem");
  const auto made = run_shell(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=shop.example "
      "-addext subjectAltName=DNS:shop.example,IP:127.0.0.1 -keyout " +
      key + " -out " + certificate);
  if (made.exit_code != 0 || run_shell("command -v curl").exit_code != 0) {
    WARN("openssl or curl is not installed");
    return;
  }
  process program("agent_service",
                  {"run", "--listen", "127.0.0.1:0", "--data", folder.path("shop"), "--tls-certificate", certificate,
                   "--tls-key", key, "--host-name", "shop.example"});
  REQUIRE(program.wait_for("service https://127.0.0.1:"));
  REQUIRE(program.wait_for("\n"));
  const std::string begin = "https://127.0.0.1:";
  const std::string& seen = program.seen_out();
  const std::string port = std::to_string(std::stoi(seen.substr(seen.find(begin) + begin.size())));
  const std::string curl = "curl -sS --max-time 20 --cacert " + certificate + " ";
  CHECK_THAT(run_shell(curl + "https://127.0.0.1:" + port + "/v1/models").out, Contains("\"sage\""));
  CHECK_THAT(
      run_shell(curl + "--resolve shop.example:" + port + ":127.0.0.1 https://shop.example:" + port + "/v1/models")
          .out,
      Contains("\"sage\""));
  CHECK(run_shell(curl + "http://127.0.0.1:" + port + "/v1/models").exit_code != 0);

  CHECK_THAT(refused({"--tls-certificate", certificate}).err, Contains("without --tls-key"));
  CHECK_THAT(refused({"--tls-key", key}).err, Contains("without --tls-certificate"));
  CHECK_THAT(refused({"--tls-certificate", certificate, "--tls-key", key, "--once"}).err, Contains("--once"));
  const scratch_folder other;
  const finished_process wrong = run("agent_service", {"run", "--listen", "127.0.0.1:0", "--data", other.path(""),
                                                       "--tls-certificate", key, "--tls-key", key});
  CHECK(wrong.exit_code != 0);
  CHECK_THAT(wrong.err, Contains("is no certificate"));
}

TEST_CASE("embeddings are served when a model for them is named, and its key goes to its host alone",
          "[system][agent_service]") {
  std::string shown;
  const test_server provider({}, [&](sage::serving::server_request request, auto to) {
    shown = std::string(request.header("Authorization"));
    to->send(
        200, {{"Content-Type", "application/json"}},
        R"({"data":[{"index":0,"embedding":[0.5,-1]}],"model":"e","usage":{"prompt_tokens":1,"total_tokens":1}})");
  });
  const auto embed = [](const service& its) {
    raw_client client(its.port);
    client.post("/v1/embeddings", R"({"model":"e","input":"lamp"})");
    REQUIRE(client.read_response());
    return client.seen;
  };
  const std::string url = "http://127.0.0.1:" + std::to_string(provider.port()) + "/v1";
  const texts options{"--embedding-url", url, "--embedding-model", "e"};
  {
    const service its(options, {{"SAGE_API_KEY", "key-of-both"}});
    CHECK_THAT(embed(its), StartsWith("HTTP/1.1 200") && Contains("[0.5,-1"));
    CHECK(shown == "Bearer key-of-both");
    CHECK_THAT(its.get("/v1/models"), Contains("\"e\""));
    CHECK_THAT(its.ask("Hello", "c1"), StartsWith("Hello, this is Lantern & Loom"));
  }
  {
    texts elsewhere{"--model-url", "http://127.0.0.1:9/v1", "--model", "m"};
    elsewhere.insert(elsewhere.end(), options.begin(), options.end());
    const service its(elsewhere, {{"SAGE_API_KEY", "key-of-the-other"}});
    CHECK_THAT(embed(its), StartsWith("HTTP/1.1 200"));
    CHECK(shown.empty());
    const service with_key(elsewhere, {{"SAGE_API_KEY", "key-of-the-other"}, {"SAGE_EMBEDDING_API_KEY", "its-own"}});
    CHECK_THAT(embed(with_key), StartsWith("HTTP/1.1 200"));
    CHECK(shown == "Bearer its-own");
  }
  CHECK_THAT(embed(service()), StartsWith("HTTP/1.1 404") && Contains("no embedding model"));
  CHECK_THAT(refused({"--embedding-url", url}).err, Contains("without --embedding-model"));
}
