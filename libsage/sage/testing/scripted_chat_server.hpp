/// A provider on a loopback socket: OpenAI's chat completions and embeddings, as a test scripts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sage/llm/chat.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/testing/scripted_http_server.hpp"
#include "sage/testing/scripted_reply.hpp"

namespace sage::testing {

/// A chat request as the server understood it.
struct seen_chat {
  std::string model;
  bool streamed = false;
  std::vector<chat_message> messages;  ///< without images
  std::vector<std::string> tools;      ///< their names
  std::string authorization;           ///< the header, key and all
  std::string body;                    ///< as it came

  /// The text of the last message, or empty.
  [[nodiscard]] std::string_view last_text() const noexcept;
};

/// Answers `POST .../chat/completions` with the queued replies in turn, then as `decide` says, then with an echo:
/// "you said: " and the last message. `POST .../embeddings` gives, per text, how often it has each letter (26
/// dimensions). Thread-safe.
class scripted_chat_server {
 public:
  /// Decides about a request, on the server's thread; as scripted_http_server::decision.
  using decision = std::function<scripted_reply(const seen_chat&)>;

  scripted_chat_server();
  ~scripted_chat_server();
  scripted_chat_server(const scripted_chat_server&) = delete;
  scripted_chat_server& operator=(const scripted_chat_server&) = delete;

  /// What a client needs to reach it.
  [[nodiscard]] model_endpoint endpoint() const;

  scripted_chat_server& reply(scripted_reply once);
  scripted_chat_server& decide(decision how);

  /// The chats so far, the last 20,000.
  [[nodiscard]] std::vector<seen_chat> chats() const;
  /// Gates, connections, counters, and answers beyond any dialect.
  [[nodiscard]] scripted_http_server& http() noexcept;

 private:
  struct script;
  std::shared_ptr<script> script_;
  std::unique_ptr<scripted_http_server> http_;
};

}  // namespace sage::testing
