/// A chat with a language model as values: messages, tools, request, reply and the pieces that a reply arrives in.
///
/// Every type is described, so that a chat can be kept, shown, sent to another host and replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sage/model/describe.hpp"

namespace sage {

enum class chat_role : std::uint8_t { system, user, assistant, tool };
SAGE_DESCRIBE_ENUM(chat_role, system, user, assistant, tool)

/// Why a model stopped.
enum class finish_reason : std::uint8_t {
  stop,            ///< it was done
  length,          ///< its output limit was reached: the text is cut
  tool_calls,      ///< it wants tools called
  content_filter,  ///< the provider withheld the rest
  other,           ///< a reason that this version doesn't know
};
SAGE_DESCRIBE_ENUM(finish_reason, stop, length, tool_calls, content_filter, other)

/// A picture shown to a model.
struct chat_image {
  std::string url;     ///< https://… or data:image/png;base64,…
  std::string detail;  ///< "low", "high" or empty: the provider's default
  friend bool operator==(const chat_image&, const chat_image&) = default;
};
SAGE_DESCRIBE(chat_image, url, detail)

/// A model's wish to have a tool called.
struct chat_tool_call {
  std::string id;         ///< names the call within its reply; the tool's result refers to it
  std::string name;       ///< of the tool
  std::string arguments;  ///< as the model wrote them: JSON if it did well, checked by nobody yet
  friend bool operator==(const chat_tool_call&, const chat_tool_call&) = default;
};
SAGE_DESCRIBE(chat_tool_call, id, name, arguments)

struct chat_message {
  chat_role role = chat_role::user;
  std::string text;
  std::vector<chat_image> images;          ///< of the user
  std::vector<chat_tool_call> tool_calls;  ///< of the assistant
  std::string tool_call_id;                ///< of a tool's result: the call that it answers
  std::string name;                        ///< of the tool or participant; may be empty
  friend bool operator==(const chat_message&, const chat_message&) = default;
};
SAGE_DESCRIBE(chat_message, role, text, images, tool_calls, tool_call_id, name)

/// A tool as a model is told of it.
struct chat_tool {
  std::string name;
  std::string description;
  std::string parameters;  ///< JSON Schema of the arguments, as text
  friend bool operator==(const chat_tool&, const chat_tool&) = default;
};
SAGE_DESCRIBE(chat_tool, name, description, parameters)

/// Whether a model must, may or must not call tools.
enum class tool_choice : std::uint8_t { automatic, none, required };
SAGE_DESCRIBE_ENUM(tool_choice, automatic, none, required)

/// One call of a model: everything that its answer depends on.
struct chat_request {
  std::string model;
  std::vector<chat_message> messages;
  std::vector<chat_tool> tools;
  tool_choice choice = tool_choice::automatic;
  std::string output_schema;       ///< JSON Schema that the answer has to follow, as text; empty is free text
  std::string output_schema_name;  ///< what the provider calls it; empty is "answer"
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::uint32_t> output_tokens_max;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> stop;
  std::uint32_t logprobs = 0;  ///< alternatives per token; 0 is none
  friend bool operator==(const chat_request&, const chat_request&) = default;
};
SAGE_DESCRIBE(chat_request, model, messages, tools, choice, output_schema, output_schema_name, temperature, top_p,
              output_tokens_max, seed, stop, logprobs)

/// What a call has cost.
struct chat_usage {
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cached_input_tokens = 0;  ///< part of input_tokens
  bool estimated = false;                 ///< the provider didn't say; counted by us

  [[nodiscard]] std::uint64_t tokens() const noexcept { return input_tokens + output_tokens; }
  friend bool operator==(const chat_usage&, const chat_usage&) = default;
};
SAGE_DESCRIBE(chat_usage, input_tokens, output_tokens, cached_input_tokens, estimated)

/// How likely a token was, to the model.
struct token_logprob {
  std::string token;
  double logprob = 0;  ///< natural logarithm; at most 0
  friend bool operator==(const token_logprob&, const token_logprob&) = default;
};
SAGE_DESCRIBE(token_logprob, token, logprob)

struct chat_reply {
  std::string id;     ///< by the provider
  std::string model;  ///< that answered, by the provider's name
  std::string text;
  std::vector<chat_tool_call> tool_calls;
  finish_reason finish = finish_reason::stop;
  chat_usage usage;
  std::vector<token_logprob> logprobs;
  friend bool operator==(const chat_reply&, const chat_reply&) = default;

  /// The reply as the next message of the conversation.
  [[nodiscard]] chat_message message() const { return {chat_role::assistant, text, {}, tool_calls, {}, {}}; }
};
SAGE_DESCRIBE(chat_reply, id, model, text, tool_calls, finish, usage, logprobs)

/// A piece of a tool call that is still being written: `index` says of which one; id and name come with the first.
struct chat_tool_call_delta {
  std::uint32_t index = 0;
  std::string id;
  std::string name;
  std::string arguments;  ///< to be appended
  friend bool operator==(const chat_tool_call_delta&, const chat_tool_call_delta&) = default;
};
SAGE_DESCRIBE(chat_tool_call_delta, index, id, name, arguments)

/// One piece of a streamed reply. Text is whole UTF-8 characters always.
struct chat_delta {
  std::string text;  ///< to be appended
  std::vector<chat_tool_call_delta> tool_calls;
  std::vector<token_logprob> logprobs;
  friend bool operator==(const chat_delta&, const chat_delta&) = default;
};
SAGE_DESCRIBE(chat_delta, text, tool_calls, logprobs)

/// The messages of a conversation, oldest first.
class chat_history {
 public:
  std::vector<chat_message> messages;

  void add_system(std::string text) { add(chat_role::system, std::move(text)); }
  void add_user(std::string text) { add(chat_role::user, std::move(text)); }
  void add_assistant(std::string text) { add(chat_role::assistant, std::move(text)); }
  void add(chat_message message) { messages.push_back(std::move(message)); }
  void add(chat_role role, std::string text) { messages.push_back({role, std::move(text), {}, {}, {}, {}}); }
  friend bool operator==(const chat_history&, const chat_history&) = default;
};
SAGE_DESCRIBE(chat_history, messages)

}  // namespace sage
