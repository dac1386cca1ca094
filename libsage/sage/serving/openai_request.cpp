// What a request for a completion says.
#include <algorithm>
#include <utility>

#include "sage/model/json.hpp"
#include "sage/serving/caller_fields.hpp"
#include "sage/serving/json_protocol.hpp"
#include "sage/serving/openai_protocol.hpp"

namespace sage::serving {

namespace {

constexpr std::uint64_t tokens_max = 1'000'000'000;
constexpr std::size_t tool_calls_max = 256;  // of one message
constexpr std::size_t parts_max = 1024;      // of one message

std::string element(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

class completion_reader {
 public:
  completion_reader(const dynamic_value& body, const completion_limits& limits)
      : limits_(limits), body_(body, {}, problem_) {}

  std::variant<completion_request, http_problem> read(const server_request& request) {
    made_.chat.model = body_.required_text("model");
    read_messages();
    read_tools();
    read_choice();
    read_format();
    read_sampling();
    read_delivery();
    refuse_what_nobody_does();
    read_conversation(request);
    if (!problem_) check_new_messages();
    if (problem_) return *std::move(problem_);
    return std::move(made_);
  }

 private:
  void read_messages() {
    const dynamic_list* list = body_.list("messages", limits_.messages_max);
    if (list == nullptr || list->empty()) {
      body_.refuse("messages", "must have at least one message", "missing_required_parameter");
      return;
    }
    for (std::size_t i = 0; i < list->size() && !problem_; ++i) {
      read_message(caller_fields((*list)[i], element("messages", i), problem_));
    }
  }

  void read_message(const caller_fields& from) {
    chat_message message;
    const std::string role = from.required_text("role");
    if (role == "developer") {
      message.role = chat_role::system;
    } else if (!enum_from_name(role, message.role)) {
      from.refuse("role", "must be system, developer, user, assistant or tool");
    }
    message.name = from.text("name").value_or(std::string());
    read_content(from, message);
    if (message.role == chat_role::assistant) read_tool_calls(from, message);
    if (message.role == chat_role::tool) message.tool_call_id = from.required_text("tool_call_id");
    made_.chat.messages.push_back(std::move(message));
  }

  void read_content(const caller_fields& from, chat_message& message) {
    const dynamic_value* content = from.find("content");
    if (content == nullptr) {
      const bool may_be_missing = message.role == chat_role::assistant;
      if (!may_be_missing) from.refuse("content", "is missing", "missing_required_parameter");
      return;
    }
    if (const auto* text = content->get_if<std::string>()) {
      message.text = *text;
      return;
    }
    if (content->get_if<dynamic_list>() == nullptr) {
      from.refuse("content", "must be a text or a list of parts", "invalid_type");
      return;
    }
    const dynamic_list* parts = from.list("content", parts_max);
    for (std::size_t i = 0; parts != nullptr && i < parts->size() && !problem_; ++i) {
      read_part(caller_fields((*parts)[i], from.path_of(element("content", i)), problem_), message);
    }
  }

  void read_part(const caller_fields& part, chat_message& message) {
    const std::string type = part.required_text("type");
    if (type == "text") {
      message.text += part.text("text").value_or(std::string());
    } else if (type == "refusal") {
      message.text += part.text("refusal").value_or(std::string());
    } else if (type == "image_url" && message.role == chat_role::user) {
      const auto image = part.object("image_url");
      if (!image) {
        part.refuse("image_url", "is missing", "missing_required_parameter");
        return;
      }
      if (images_++ == limits_.images_max) {
        part.refuse({}, "is one image too many: " + std::to_string(limits_.images_max) + " are allowed",
                    "too_many_elements");
      }
      message.images.push_back({image->required_text("url"), image->text("detail").value_or(std::string())});
    } else {
      part.refuse("type", "must be text" + std::string(message.role == chat_role::user ? " or image_url" : ""));
    }
  }

  void read_tool_calls(const caller_fields& from, chat_message& message) {
    const dynamic_list* calls = from.list("tool_calls", tool_calls_max);
    for (std::size_t i = 0; calls != nullptr && i < calls->size() && !problem_; ++i) {
      const caller_fields call((*calls)[i], from.path_of(element("tool_calls", i)), problem_);
      const auto function = call.object("function");
      if (!function) {
        call.refuse("function", "is missing", "missing_required_parameter");
        return;
      }
      message.tool_calls.push_back({call.required_text("id"), function->required_text("name"),
                                    function->text("arguments").value_or(std::string())});
    }
  }

  void read_tools() {
    const dynamic_list* list = body_.list("tools", limits_.tools_max);
    for (std::size_t i = 0; list != nullptr && i < list->size() && !problem_; ++i) {
      const caller_fields from((*list)[i], element("tools", i), problem_);
      const auto function = from.object("function");
      if (from.required_text("type") != "function" || !function) {
        from.refuse("type", "must be function, with a function");
        return;
      }
      chat_tool tool;
      tool.name = function->required_text("name");
      tool.description = function->text("description").value_or(std::string());
      const dynamic_value* parameters = function->find("parameters");
      tool.parameters = parameters != nullptr ? to_json(*parameters) : R"({"type":"object","properties":{}})";
      if (parameters != nullptr && parameters->get_if<dynamic_map>() == nullptr) {
        function->refuse("parameters", "must be a JSON Schema", "invalid_type");
      }
      made_.chat.tools.push_back(std::move(tool));
    }
  }

  void read_choice() {
    const dynamic_value* choice = body_.find("tool_choice");
    if (choice == nullptr) return;
    if (const auto* word = choice->get_if<std::string>()) {
      if (*word == "auto") {
        made_.chat.choice = tool_choice::automatic;
      } else if (*word == "none") {
        made_.chat.choice = tool_choice::none;
      } else if (*word == "required") {
        made_.chat.choice = tool_choice::required;
      } else {
        body_.refuse("tool_choice", "must be auto, none, required or a function");
      }
      return;
    }
    const caller_fields from(*choice, "tool_choice", problem_);
    const auto function = from.object("function");
    const std::string name = function ? function->required_text("name") : std::string();
    // To demand one tool is to know no other.
    auto& tools = made_.chat.tools;
    std::erase_if(tools, [&](const chat_tool& tool) { return tool.name != name; });
    if (tools.empty()) body_.refuse("tool_choice", "names no tool of this request");
    made_.chat.choice = tool_choice::required;
  }

  void read_format() {
    const auto format = body_.object("response_format");
    if (!format) return;
    const std::string type = format->required_text("type");
    if (type == "json_object") {
      made_.chat.output_schema = R"({"type":"object"})";
    } else if (type == "json_schema") {
      const auto described = format->object("json_schema");
      const dynamic_value* schema = described ? described->find("schema") : nullptr;
      if (schema == nullptr || schema->get_if<dynamic_map>() == nullptr) {
        format->refuse("json_schema.schema", "must be a JSON Schema", "invalid_type");
        return;
      }
      made_.chat.output_schema = to_json(*schema);
      made_.chat.output_schema_name = described->text("name").value_or(std::string());
    } else if (type != "text") {
      format->refuse("type", "must be text, json_object or json_schema");
    }
  }

  void read_sampling() {
    chat_request& chat = made_.chat;
    chat.temperature = body_.number("temperature", 0, 2);
    chat.top_p = body_.number("top_p", 0, 1);
    auto most = body_.whole("max_completion_tokens", 1, tokens_max);
    if (!most) most = body_.whole("max_tokens", 1, tokens_max);
    if (most) chat.output_tokens_max = static_cast<std::uint32_t>(*most);
    chat.seed = body_.whole("seed", 0, ~std::uint64_t{0});
    const dynamic_value* stop = body_.find("stop");
    if (stop != nullptr && stop->get_if<std::string>() != nullptr) {
      chat.stop = {std::string(stop->text())};
    } else if (const dynamic_list* texts = body_.list("stop", limits_.stop_texts_max)) {
      for (const dynamic_value& text : *texts) {
        if (text.get_if<std::string>() == nullptr) body_.refuse("stop", "must be texts", "invalid_type");
        chat.stop.emplace_back(text.text());
      }
    }
    if (body_.flag("logprobs").value_or(false)) chat.logprobs = 1;
  }

  void read_delivery() {
    made_.stream = body_.flag("stream").value_or(false);
    const auto options = body_.object("stream_options");
    if (!options) return;
    if (!made_.stream) body_.refuse("stream_options", "needs stream: true");
    made_.include_usage = options->flag("include_usage").value_or(false);
  }

  // What would change the answer, and nothing here heeds it, must not be passed over in silence.
  void refuse_what_nobody_does() {
    constexpr const char* code = "unsupported_parameter";
    if (body_.whole("n", 1, 128).value_or(1) != 1) body_.refuse("n", "can only be 1 here", code);
    if (body_.whole("top_logprobs", 0, 20).value_or(0) != 0) {
      body_.refuse("top_logprobs", "can only be 0 here: logprobs are those of the answer's own tokens", code);
    }
    for (const char* name : {"presence_penalty", "frequency_penalty"}) {
      if (body_.number(name, -2, 2).value_or(0) != 0) body_.refuse(name, "isn't supported here", code);
    }
    const dynamic_value* bias = body_.find("logit_bias");
    const auto* biases = bias != nullptr ? bias->get_if<dynamic_map>() : nullptr;
    if (bias != nullptr && (biases == nullptr || !biases->empty())) {
      body_.refuse("logit_bias", "isn't supported here", code);
    }
    for (const char* name : {"audio", "functions", "function_call", "prediction", "web_search_options"}) {
      if (body_.find(name) != nullptr) body_.refuse(name, "isn't supported here", code);
    }
  }

  void read_conversation(const server_request& request) {
    std::string in_body;
    if (const auto metadata = body_.object("metadata")) {
      in_body = metadata->text("conversation_id").value_or(std::string());
      const dynamic_value* detached = metadata->find("detached");
      made_.detached = detached != nullptr && (*detached == dynamic_value(true) || detached->text() == "true");
    }
    const std::string_view in_header = request.header("x-conversation-id");
    if (equal_without_case(request.header("x-detached"), "true")) made_.detached = true;
    if (!in_body.empty() && !in_header.empty() && in_body != in_header) {
      body_.refuse("metadata.conversation_id", "isn't that of the header X-Conversation-Id");
    }
    made_.conversation_id = in_body.empty() ? std::string(in_header) : in_body;
    const bool is_valid = std::all_of(made_.conversation_id.begin(), made_.conversation_id.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
             c == '.' || c == ':';
    });
    if (!is_valid || made_.conversation_id.size() > limits_.conversation_id_bytes_max) {
      body_.refuse("metadata.conversation_id", "must be 1 to " + std::to_string(limits_.conversation_id_bytes_max) +
                                                   " letters, figures, '-', '_', '.', ':'");
    }
  }

  void check_new_messages() {
    if (!made_.conversation_id.empty() && new_messages(made_).empty()) {
      body_.refuse("messages", "has nothing new: the last message of a conversation can't be the assistant's");
    }
  }

  const completion_limits& limits_;
  std::optional<http_problem> problem_;
  caller_fields body_;
  completion_request made_;
  std::size_t images_ = 0;
};

}  // namespace

std::variant<completion_request, http_problem> parse_completion(const server_request& request,
                                                                const completion_limits& limits) {
  dynamic_value body;
  if (auto problem = decode_request(request, body)) return *std::move(problem);
  return completion_reader(body, limits).read(request);
}

std::vector<chat_message> new_messages(const completion_request& request) {
  const auto& all = request.chat.messages;
  if (request.conversation_id.empty()) return all;
  const auto last =
      std::find_if(all.rbegin(), all.rend(), [](const chat_message& m) { return m.role == chat_role::assistant; });
  return {last.base(), all.end()};
}

}  // namespace sage::serving
