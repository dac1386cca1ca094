/// OpenAI's chat completions as values: what a request says, and the texts of its answers. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sage/llm/chat.hpp"
#include "sage/model/describe.hpp"
#include "sage/serving/http_problem.hpp"
#include "sage/serving/server_request.hpp"

namespace sage::serving {

/// The bounds of a completion request beyond those of its body.
struct completion_limits {
  std::size_t messages_max = 2048;
  std::size_t tools_max = 128;
  std::size_t images_max = 64;  ///< in all messages together
  std::size_t stop_texts_max = 4;
  std::size_t conversation_id_bytes_max = 128;
};

/// A request for a completion: POST /v1/chat/completions. A value.
struct completion_request {
  chat_request chat;
  bool stream = false;
  bool include_usage = false;   ///< of a stream: a last piece says what it has cost
  std::string conversation_id;  ///< empty: the request is complete in itself
  bool detached = false;        ///< goes on when its client has gone
  friend bool operator==(const completion_request&, const completion_request&) = default;
};
SAGE_DESCRIBE(completion_request, chat, stream, include_usage, conversation_id, detached)

/// Reads body and headers. The conversation is `metadata.conversation_id` or the header X-Conversation-Id, which must
/// agree when both are there; `metadata.detached` "true" or the header X-Detached detaches. Fields that we don't know
/// are skipped; those that would change the answer and that no model here follows (n, logit_bias, penalties, audio)
/// are refused unless they say what holds anyway. Problems name the field.
[[nodiscard]] std::variant<completion_request, http_problem> parse_completion(const server_request& request,
                                                                              const completion_limits& limits = {});

/// The messages of a request that its conversation hasn't seen: with an id only those behind the last one of the
/// assistant, as the server's memory counts; without one all.
[[nodiscard]] std::vector<chat_message> new_messages(const completion_request& request);

/// What an answer says of itself.
struct completion_name {
  std::string id;              ///< "chatcmpl-17"
  std::int64_t created_s = 0;  ///< seconds since the Unix epoch
  std::string model;           ///< the one that answers
};

/// The whole answer as one JSON object.
[[nodiscard]] std::string render_completion(const completion_name& name, const chat_reply& reply);

/// The answer piece by piece, each text ready to be written to a stream of server-sent events. Keeps only whether the
/// first piece was sent.
class completion_stream {
 public:
  explicit completion_stream(completion_name name) : name_(std::move(name)) {}

  /// The pieces from now on say that this model answers.
  void from(std::string model) { name_.model = std::move(model); }
  /// The next piece; the first one says the role too.
  [[nodiscard]] std::string piece(const chat_delta& delta);
  /// Why the model stopped; `usage` is a piece of its own when it isn't null. Then `[DONE]`.
  [[nodiscard]] std::string end(finish_reason reason, const chat_usage* usage);
  /// What a client is told instead of an end when something went wrong in between. Then `[DONE]`.
  [[nodiscard]] std::string fail(const http_problem& problem) const;

 private:
  completion_name name_;
  bool has_begun_ = false;
};

/// A comment that keeps proxies from giving up on a stream that is silent.
inline constexpr std::string_view keep_alive_event = ": waiting\n\n";

/// A model as /v1/models lists it.
struct listed_model {
  std::string id;
  std::int64_t created_s = 0;
  std::string owned_by = "sage";
};
[[nodiscard]] std::string render_models(std::span<const listed_model> models);
[[nodiscard]] std::string render_model(const listed_model& model);

}  // namespace sage::serving
