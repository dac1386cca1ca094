/// chat_server: a source of requests from clients that speak OpenAI's chat completions.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sage/operators/source.hpp"
#include "sage/serving/callers.hpp"
#include "sage/serving/chat/completion_call.hpp"
#include "sage/serving/http_server.hpp"

namespace sage {
class embedding_model;
class logger;
}  // namespace sage

namespace sage::serving {

class chat_service;

/// How a chat server is made.
struct chat_server_options {
  std::string listen = "127.0.0.1:8080";       ///< HOST:PORT; port 0 picks one
  std::vector<std::string> models = {"sage"};  ///< that /v1/models lists; requests for others are refused
  std::shared_ptr<embedding_model> embeddings =
      nullptr;                                       ///< answers /v1/embeddings under its name; null: nobody does
  std::shared_ptr<const callers> allowed = nullptr;  ///< who may call; null is everybody, on loopback only
  bool insecure = false;                             ///< lets everybody in, off loopback too
  std::vector<std::string> hosts = {};               ///< names it answers to beyond localhost and addresses
  tls_files tls = {};
  std::size_t requests_waiting_max = 1024;   ///< read by nobody yet; beyond: 503 with Retry-After
  std::size_t conversation_waiting_max = 8;  ///< of one conversation, behind the one that runs; beyond: 429
  std::size_t embeddings_running_max = 256;  ///< requests for embeddings at once; beyond: 503 with Retry-After
  std::chrono::milliseconds request_deadline{120'000};  ///< then the item stops; 0 is none
  std::uint32_t drain_ms_max = 5'000;                   ///< for answers under way when the service ends
  server_limits limits = {};
  std::shared_ptr<logger> log = nullptr;                   ///< gets one line per request
  std::function<std::string()> metrics = nullptr;          ///< what /metrics shows beside the server's own
  std::function<void(const address&)> on_bound = nullptr;  ///< told where it listens, on a thread of the job
};

/// The source: `env.from_source(sage::serving::chat_server({.listen = "127.0.0.1:8080"}))`. Serves
///
///     POST /v1/chat/completions   JSON, or server-sent events
///     POST /v1/embeddings         with an embedding model; they pass the pipeline by
///     GET  /v1/models, /v1/models/NAME
///     GET  /healthz, /readyz, /metrics
///
/// Each request becomes a completion_call with an item: whatever becomes of its record, the client gets exactly one
/// answer. A client that goes away stops its item, unless it asked for a detached request.
///
/// Shape       nothing -> completion_call
/// Emits       requests as they come, in order within a conversation; never ends by itself
/// Completes   when the job drains, every accepted request was read, and those for embeddings have ended
/// Fails       when it can't listen: a port in use, an address that others reach without callers
class chat_server {
 public:
  using record_type = completion_call;

  explicit chat_server(chat_server_options options = {});

  static const char* kind() { return "chat_server"; }
  [[nodiscard]] source_plan plan() const;
  [[nodiscard]] std::unique_ptr<source_reader<completion_call>> make_reader() const;

  /// The address that it got; empty before the job has opened it.
  [[nodiscard]] std::string bound() const;

 private:
  class owner;  // ends the service with the last descriptor of it
  std::shared_ptr<owner> owner_;
};

}  // namespace sage::serving
