/// The agent service as a process with a shop of its own, and what is asked of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"
#include "tests/system/raw_client.hpp"

namespace sage::testing {

using texts = std::vector<std::string>;

inline constexpr const char* stand_in = "stand-in (rules, no language model)";

inline std::string said(const std::string& response) {
  const auto body = nlohmann::json::parse(response.substr(response.find("\r\n\r\n") + 4));
  CHECK(body["model"] == stand_in);
  CHECK(body["choices"][0]["finish_reason"] == "stop");
  return body["choices"][0]["message"]["content"];
}

// The text of a stream of server-sent events; every piece says who answers.
inline std::string streamed(const std::string& response) {
  std::string text;
  bool is_done = false;
  for (std::size_t at = response.find("data: "); at != std::string::npos; at = response.find("data: ", at + 1)) {
    const std::string line = response.substr(at + 6, response.find("\n", at) - at - 6);
    is_done = line.starts_with("[DONE]");
    if (is_done) break;
    const auto piece = nlohmann::json::parse(line);
    CHECK(piece["model"] == stand_in);
    const auto& delta = piece["choices"][0]["delta"];
    if (delta.contains("content")) text += delta["content"];
  }
  CHECK(is_done);
  return text;
}

/// A service of its own port, with a shop of its own.
struct service {
  explicit service(texts more = {}, const process::variables& environment = {})
      : program("agent_service", arguments(folder, std::move(more)), environment) {
    const std::string begin = "service http://127.0.0.1:";  // one write: the port is behind it
    REQUIRE(program.wait_for(begin));
    port = static_cast<std::uint16_t>(
        std::stoi(program.seen_out().substr(program.seen_out().find(begin) + begin.size())));
  }
  static texts arguments(const scratch_folder& folder, texts more) {
    texts all{"run", "--listen", "127.0.0.1:0", "--data", folder.path("shop")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  [[nodiscard]] std::string post(const nlohmann::json& body, const std::string& headers = {}) const {
    raw_client client(port);
    const std::string text = body.dump();
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
        "application/json\r\n" +
        headers + "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
    REQUIRE(client.read_to_end());
    return client.seen;
  }
  static nlohmann::json asking(const std::string& text) {
    return {{"model", "sage"}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  }
  /// One turn of a named conversation.
  [[nodiscard]] std::string ask(const std::string& text, const std::string& conversation) const {
    const std::string answer = post(asking(text), "X-Conversation-Id: " + conversation + "\r\n");
    CHECK_THAT(answer, Catch::Matchers::StartsWith("HTTP/1.1 200"));
    return said(answer);
  }
  [[nodiscard]] std::string get(const std::string& path, const std::string& headers = {}) const {
    raw_client client(port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
    REQUIRE(client.read_to_end());
    return client.seen;
  }
  /// A text of the shop's database, as it lies on the disk.
  [[nodiscard]] std::string stored(const std::string& sql) const {
    sqlite3* at = nullptr;
    const std::string path = folder.path("shop/shop.db");
    REQUIRE(sqlite3_open_v2(path.c_str(), &at, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    sqlite3_stmt* found = nullptr;
    REQUIRE(sqlite3_prepare_v2(at, sql.c_str(), -1, &found, nullptr) == SQLITE_OK);
    std::string text;
    if (sqlite3_step(found) == SQLITE_ROW) text = reinterpret_cast<const char*>(sqlite3_column_text(found, 0));
    sqlite3_finalize(found);
    sqlite3_close(at);
    return text;
  }

  scratch_folder folder;
  process program;
  std::uint16_t port = 0;
};

inline finished_process refused(texts arguments, const process::variables& environment = {}) {
  arguments.insert(arguments.begin(), "run");
  const finished_process ended = run("agent_service", std::move(arguments), environment);
  CHECK(ended.out.empty());
  CHECK(ended.err.starts_with("agent_service: error: "));
  CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  return ended;
}

}  // namespace sage::testing
