// ask with models: stand-ins on a loopback socket, which say what the test wants.
#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sage/testing/scripted_chat_server.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using nlohmann::json;

namespace {

const std::string documents = std::string(SAGE_SOURCE_DIR) + "/tests/ask/documents";
constexpr const char* canary = "canary-9f3e-key";

using texts = std::vector<std::string>;

// The models of one stand-in as options.
texts embedding_of(const scripted_chat_server& server) {
  return {"--embedding-url", server.endpoint().base_url, "--embedding-model", "letters"};
}
texts chat_of(const scripted_chat_server& server) {
  return {"--model-url", server.endpoint().base_url, "--model", "scripted"};
}

texts operator+(texts left, const texts& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

finished_process ask(const texts& arguments) {
  return run("ask", arguments, {{"SAGE_API_KEY", canary}});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_no_key(const finished_process& ended) {
  CHECK_FALSE(has(ended.out, canary));
  CHECK_FALSE(has(ended.err, canary));
}

TEST_CASE("ask index keeps vectors, and ask run finds by words, by vectors and by both", "[system][ask]") {
  scripted_chat_server server;
  const scratch_folder scratch;
  const std::string index = scratch.path("kept/index");
  const finished_process built = ask(texts{"index", "--docs", documents, "--index", index} + embedding_of(server));
  INFO(built.err);
  REQUIRE(built.exit_code == 0);
  CHECK(built.out.empty());
  CHECK(has(built.err, "kept in " + index));
  check_no_key(built);
  const json manifest = json::parse(scratch.read("kept/index/manifest.json"));
  CHECK(manifest.at("vectors").at("model") == "letters");
  CHECK(manifest.at("vectors").at("dimensions") == 26);
  CHECK(manifest.at("vectors").at("count") >= manifest.at("passages"));

  const texts question{"run", "--index", index, "--json", "--question", "Which port does the server listen on?"};
  const std::size_t before = server.http().request_count();
  for (const std::string how : {"bm25", "vectors", "hybrid"}) {
    const finished_process ended = ask(question + embedding_of(server) + texts{"--retrieval", how});
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    const json given = json::parse(ended.out);
    CHECK(given.at("retrieval") == how);
    CHECK(given.at("passages").size() == 3);
    if (how == "bm25") CHECK(has(given.at("passages").front().at("path"), "harbor.html"));
    if (how == "hybrid") CHECK(has(given.at("passages").dump(), "harbor.html"));
    check_no_key(ended);
  }
  // Only the questions are embedded, and only where vectors are searched.
  CHECK(server.http().request_count() == before + 2);
  CHECK(server.http().requests().back().header("authorization") == "Bearer " + std::string(canary));

  const finished_process plain = ask(question);
  CHECK(plain.exit_code == 0);
  CHECK(json::parse(plain.out).at("retrieval") == "bm25");
  CHECK(has(plain.err, "the vectors of letters are left aside"));

  const finished_process unkept =
      ask(texts{"run", "--docs", documents, "--json", "--question", "port"} + embedding_of(server));
  CHECK(unkept.exit_code == 0);
  CHECK(json::parse(unkept.out).at("retrieval") == "hybrid");
}

TEST_CASE("ask tries again when the embedding model is overloaded, and says so when it refuses", "[system][ask]") {
  scripted_chat_server server;
  const scratch_folder scratch;
  const texts build = texts{"index", "--docs", documents, "--index", scratch.path("index")} + embedding_of(server);
  server.http().answer(scripted_answer::json(503, R"({"error":{"message":"busy"}})"));
  server.http().answer(scripted_answer::json(429, R"({"error":{"message":"slow down"}})", {{"Retry-After", "0"}}));
  const finished_process patient = ask(build);
  INFO(patient.err);
  CHECK(patient.exit_code == 0);
  CHECK(server.http().request_count() == 3);

  const std::string kept = scratch.read("index/manifest.json");
  server.http().answer(scripted_answer::json(401, R"({"error":{"message":"no such key"}})"));
  const finished_process refused = ask(build);
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "no such key"));
  check_no_key(refused);
  CHECK(scratch.read("index/manifest.json") == kept);
}

TEST_CASE("ask refuses a question whose vector can't be compared with those of the index", "[system][ask]") {
  scripted_chat_server server;
  const scratch_folder scratch;
  const std::string index = scratch.path("index");
  REQUIRE(ask(texts{"index", "--docs", documents, "--index", index} + embedding_of(server)).exit_code == 0);
  for (const char* vector : {"[1, 2, 3]", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"}) {
    server.http().answer(scripted_answer::json(
        200, std::string(R"({"object":"list","model":"letters","data":[{"index":0,"embedding":)") + vector + "}]}"));
    const finished_process ended = ask(texts{"run", "--index", index, "--question", "port"} + embedding_of(server));
    INFO(ended.err);
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.empty());
    CHECK(has(ended.err, "letters"));
  }
}

TEST_CASE("ask writes an answer with citations of passages that contain them", "[system][ask]") {
  scripted_chat_server server;
  server.decide([](const seen_chat& asked) {
    // What a passage says, cited rightly, wrongly, and from nowhere.
    const bool is_first = has(std::string(asked.last_text()), "[1] Harbor Server Manual");
    CHECK(is_first);
    return scripted_reply::pieces({"The port is \"4711\" [", "1].", " It is never 5432 [1", "]. See [", "7]."})
        .model("scripted-1");
  });
  const texts question{"run", "--docs", documents, "--question", "Which port does the server listen on?"};
  const finished_process shown = ask(question + chat_of(server));
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  CHECK(has(shown.out,
            "Question: Which port does the server listen on?\n"
            "  The port is \"4711\" [1]. It is never 5432 [1?]. See .\n"));
  CHECK(has(shown.out, "(1 citations of passages that aren't there were removed)"));
  CHECK(has(shown.out, "[1] Harbor Server Manual\n     " + documents + "/harbor.html"));
  CHECK_FALSE(has(shown.out, "backup.md"));
  check_no_key(shown);

  const finished_process as_json = ask(question + chat_of(server) + texts{"--json"});
  REQUIRE(as_json.exit_code == 0);
  const json written = json::parse(as_json.out).at("answer");
  CHECK(written.at("text") == "The port is \"4711\" [1]. It is never 5432 [1?]. See .");
  CHECK(written.at("model") == "scripted-1");
  CHECK(written.at("cut") == false);
  CHECK(written.at("citations_removed") == 1);
  REQUIRE(written.at("citations").size() == 2);
  CHECK(written.at("citations")[0] == json{{"passage", 1}, {"claim", "The port is \"4711\""}, {"supported", true}});
  CHECK(written.at("citations")[1].at("supported") == false);
  REQUIRE(server.chats().size() == 2);
  CHECK(server.chats().front().streamed);
  CHECK(server.chats().front().authorization == "Bearer " + std::string(canary));
}

TEST_CASE("ask shows an answer while the model is still writing it", "[system][ask]") {
  scripted_chat_server server;
  server.reply(scripted_reply::pieces({"The port ", "is 4711 [1]."}).each_waits("piece"));
  process running("ask", texts{"run", "--docs", documents, "--question", "port"} + chat_of(server));
  server.http().release("piece");
  CHECK(running.wait_for("The port "));
  CHECK_FALSE(has(running.seen_out(), "4711"));
  server.http().open("piece");
  const finished_process ended = running.wait();
  CHECK(ended.exit_code == 0);
  CHECK(has(ended.out, "The port is 4711 [1]."));
}

TEST_CASE("ask ends soon when it is stopped while a model thinks", "[system][ask]") {
  scripted_chat_server server;
  server.reply(scripted_reply::text("never said").waits("for ever"));
  process running("ask", texts{"run", "--docs", documents, "--question", "port"} + chat_of(server));
  REQUIRE(server.http().wait_for_requests(1));
  running.send(SIGINT);
  const finished_process ended = running.wait();
  CHECK(ended.exit_code == 1);
  CHECK(has(ended.err, "stopped while a model was asked"));
  CHECK(server.http().wait_for_closed(1));
}

TEST_CASE("ask asks no model when nothing was found, and tells when one fails", "[system][ask]") {
  scripted_chat_server server;
  const finished_process nothing = ask(texts{"run", "--docs", documents, "--question", "xyzzy"} + chat_of(server));
  CHECK(nothing.exit_code == 0);
  CHECK(has(nothing.out, "no document has any of these words"));
  CHECK(server.http().request_count() == 0);

  server.reply(scripted_reply::failure(401, "wrong key"));
  const finished_process refused = ask(texts{"run", "--docs", documents, "--question", "port"} + chat_of(server));
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "wrong key"));
  check_no_key(refused);
}

TEST_CASE("ask keeps the key of one host from another", "[system][ask]") {
  scripted_chat_server chat;
  scripted_chat_server embedding;
  const texts both =
      texts{"run", "--docs", documents, "--question", "port"} + chat_of(chat) + embedding_of(embedding);
  REQUIRE(ask(both).exit_code == 0);
  CHECK(chat.chats().front().authorization == "Bearer " + std::string(canary));
  for (const seen_request& one : embedding.http().requests()) CHECK(one.header("authorization").empty());

  REQUIRE(run("ask", both, {{"SAGE_API_KEY", canary}, {"SAGE_EMBEDDING_API_KEY", "another"}}).exit_code == 0);
  CHECK(embedding.http().requests().back().header("authorization") == "Bearer another");
}

TEST_CASE("ask refuses models and indexes that can't be meant before it reads anything", "[system][ask]") {
  const scratch_folder scratch;
  const std::string index = scratch.path("index");
  REQUIRE(ask({"index", "--docs", documents, "--index", index}).exit_code == 0);
  const texts on_docs{"run", "--docs", documents, "--question", "port"};
  const texts on_index{"run", "--index", index, "--question", "port"};
  const std::string url = "http://127.0.0.1:9/v1";
  for (const texts& wrong : {
           on_docs + texts{"--model", "a"},
           on_docs + texts{"--model-url", url},
           on_docs + texts{"--embedding-model", "a"},
           on_docs + texts{"--embedding-url", url},
           on_docs + texts{"--model-url", "not a url", "--model", "a"},
           on_docs + texts{"--retrieval", "hybrid"},
           on_docs + texts{"--index", index},
           on_index + texts{"--embedding-url", url, "--embedding-model", "a"},
           on_index + texts{"--retrieval", "vectors"},
           texts{"run", "--question", "port"},
           texts{"run", "--index", scratch.path("nothing"), "--question", "port"},
           texts{"index", "--docs", documents},
           texts{"index", "--index", index},
       }) {
    const finished_process ended = ask(wrong);
    INFO(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
}

TEST_CASE("ask tells of a damaged index in one line", "[system][ask]") {
  const scratch_folder scratch;
  const std::string index = scratch.path("index");
  REQUIRE(ask({"index", "--docs", documents, "--index", index}).exit_code == 0);
  const json manifest = json::parse(scratch.read("index/manifest.json"));
  const std::string name = "index/" + manifest.at("texts").at("name").get<std::string>();
  std::string bytes = scratch.read(name);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  scratch.write(name, bytes);
  const finished_process ended = ask({"run", "--index", index, "--question", "port"});
  CHECK(ended.exit_code == 1);
  CHECK(ended.out.empty());
  CHECK(has(ended.err, "the index is damaged: its content has changed"));
  CHECK(has(ended.err, "build it again with 'ask index'"));
}

TEST_CASE("ask shows both pipelines and reads nothing for it", "[system][ask]") {
  const texts models{"--embedding-url", "http://127.0.0.1:9/v1", "--embedding-model", "a"};
  const finished_process plan = ask(texts{"graph", "--docs", documents} + models);
  INFO(plan.err);
  CHECK(plan.exit_code == 0);
  CHECK(has(plan.out, "vectors"));
  check_no_key(plan);
}

}  // namespace
