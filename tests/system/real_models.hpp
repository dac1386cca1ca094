/// Our models over the servers of tests/real, and a pipeline that asks them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/llm/models/http_chat_model.hpp"
#include "sage/llm/models/http_embedding_model.hpp"
#include "sage/sage.hpp"
#include "tests/system/raw_client.hpp"
#include "tests/system/real_server.hpp"

namespace sage::testing {

inline model_endpoint endpoint_of(const real_server& server, std::string model, std::string key = {}) {
  model_endpoint endpoint;
  endpoint.base_url = server.base_url();
  endpoint.model = std::move(model);
  endpoint.key = secret<std::string>(std::move(key));
  return endpoint;
}

/// The model of model_server.mjs.
inline std::shared_ptr<http_chat_model> tiny_chat(const real_server& server, std::string key = {},
                                                  std::string name = "tiny-chat") {
  return std::make_shared<http_chat_model>(endpoint_of(server, std::move(name), std::move(key)),
                                           std::make_shared<llm::http_client>());
}

/// The model of embedding_server.mjs.
inline std::shared_ptr<http_embedding_model> sentence_encoder(const real_server& server) {
  return std::make_shared<http_embedding_model>(endpoint_of(server, "sentence-encoder"),
                                                std::make_shared<llm::http_client>());
}

inline chat_request question(std::string text) {
  chat_request request;
  request.messages.push_back({chat_role::user, std::move(text), {}, {}, {}, {}});
  request.temperature = 0;
  return request;
}

/// What a server of tests/real says of itself at `path`, without blanks: `{"running":0,"finished":6,"given_up":0}`.
inline std::string page_of(const real_server& server, const std::string& path) {
  const std::string port = server.root().substr(server.root().rfind(':') + 1);
  raw_client client(static_cast<std::uint16_t>(std::stoul(port)));
  client.get(path);
  return client.read_to("}") ? client.seen.substr(client.seen.find("\r\n\r\n")) : std::string();
}

/// Runs `work` on each of `records` in a pipeline and returns what came of it, in order.
template <class In, class F>
auto run_all(std::vector<In> records, F work, async_options options = {.capacity = 16}) {
  using out = typename std::invoke_result_t<F&, In>::value_type;
  local_environment env;
  collected<out> answers;
  env.from_source(iterate(records)).async_map(std::move(work), options).sink(collect_into(answers));
  env.execute("real");
  return answers.records();
}

/// Puts the pieces of a streamed reply together again.
struct seen_pieces final : chat_observer {
  void on_delta(const chat_delta& piece) override {
    text += piece.text;
    ++count;
    for (const chat_tool_call_delta& call : piece.tool_calls) arguments += call.arguments;
  }
  void on_restart() override { *this = {}; }
  std::string text;
  std::string arguments;
  std::int64_t count = 0;
};

}  // namespace sage::testing
