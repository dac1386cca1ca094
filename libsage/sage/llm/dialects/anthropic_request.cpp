// How requests are written in Anthropic's dialect.
#include <utility>

#include "sage/llm/dialects/anthropic.hpp"
#include "sage/model/json.hpp"

namespace sage::llm {

namespace {

constexpr const char* api_version = "2023-06-01";

dynamic_value text_block(std::string_view text) {
  return dynamic_map{{"type", "text"}, {"text", sendable(text)}};
}

/// An image by URL, or "data:image/png;base64,..." taken apart.
result<dynamic_value> image_block(const chat_image& image) {
  dynamic_map source;
  const std::string_view url = image.url;
  if (!url.starts_with("data:")) {
    source = {{"type", "url"}, {"url", sendable(url)}};
  } else {
    const std::size_t comma = url.find(',');
    const std::string_view kind = url.substr(5, comma == std::string_view::npos ? 0 : comma - 5);
    if (!kind.ends_with(";base64")) {
      return error(errc::invalid_argument, "an image's data: URL is not base64", "",
                   "write data:image/png;base64,...");
    }
    source = {{"type", "base64"},
              {"media_type", sendable(kind.substr(0, kind.size() - 7))},
              {"data", sendable(url.substr(comma + 1))}};
  }
  return dynamic_value(dynamic_map{{"type", "image"}, {"source", std::move(source)}});
}

/// Arguments as the object that the API wants; what the model wrote wrongly is kept as text inside one.
dynamic_value input_of(const std::string& arguments) {
  if (arguments.empty()) return dynamic_map{};
  auto read = from_json<dynamic_value>(sendable(arguments));
  if (read && read->kind() == value_kind::map) return std::move(*read);
  return dynamic_map{{"arguments", sendable(arguments)}};
}

result<void> append_blocks(dynamic_list& blocks, const chat_message& message) {
  if (message.role == chat_role::tool) {
    dynamic_map answer{{"type", "tool_result"}, {"tool_use_id", sendable(message.tool_call_id)}};
    if (!message.text.empty()) answer.emplace_back("content", sendable(message.text));
    blocks.emplace_back(std::move(answer));
    return {};
  }
  for (const chat_image& each : message.images) {
    auto image = image_block(each);
    if (!image) return image.error();
    blocks.push_back(std::move(*image));
  }
  if (!message.text.empty()) blocks.push_back(text_block(message.text));  // empty ones are refused
  for (const chat_tool_call& call : message.tool_calls) {
    blocks.push_back(dynamic_map{{"type", "tool_use"},
                                 {"id", sendable(call.id)},
                                 {"name", sendable(call.name)},
                                 {"input", input_of(call.arguments)}});
  }
  return {};
}

/// Turns alternate: results of tools and what the user adds are one message.
result<void> append_messages(dynamic_map& body, const chat_request& request) {
  std::string system;
  dynamic_list messages;
  std::string_view last;
  for (const chat_message& each : request.messages) {
    if (each.role == chat_role::system) {
      if (!system.empty() && !each.text.empty()) system += "\n\n";
      system += sendable(each.text);
      continue;
    }
    dynamic_list blocks;
    if (auto fine = append_blocks(blocks, each); !fine) return fine;
    if (blocks.empty()) continue;
    const std::string_view role = each.role == chat_role::assistant ? "assistant" : "user";
    if (role == last) {
      auto* before = messages.back().find("content")->get_if<dynamic_list>();
      for (dynamic_value& block : blocks) before->push_back(std::move(block));
    } else {
      messages.push_back(dynamic_map{{"role", role}, {"content", std::move(blocks)}});
      last = role;
    }
  }
  if (messages.empty()) {
    return error(errc::invalid_argument, "a chat without messages", "", "add at least one message of the user");
  }
  if (!system.empty()) body.emplace_back("system", std::move(system));
  body.emplace_back("messages", std::move(messages));
  return {};
}

result<void> append_tools(dynamic_map& body, const chat_request& request) {
  dynamic_list tools;
  for (const chat_tool& each : request.tools) {
    dynamic_map tool{{"name", sendable(each.name)}};
    if (!each.description.empty()) tool.emplace_back("description", sendable(each.description));
    auto schema = read_schema(each.parameters.empty() ? R"({"type":"object"})" : each.parameters,
                              "the parameters of tool " + each.name);
    if (!schema) return schema.error();
    tool.emplace_back("input_schema", std::move(*schema));
    tools.emplace_back(std::move(tool));
  }
  const std::string answer = answer_tool_of(request);
  if (!answer.empty()) {
    auto schema = read_schema(request.output_schema, "the output schema");
    if (!schema) return schema.error();
    tools.push_back(dynamic_map{{"name", sendable(answer)},
                                {"description", "Gives the final answer. Call it once, with the whole answer."},
                                {"input_schema", std::move(*schema)}});
  }
  if (tools.empty()) return {};
  body.emplace_back("tools", std::move(tools));
  if (!answer.empty() && (request.tools.empty() || request.choice == tool_choice::none)) {
    body.emplace_back("tool_choice", dynamic_map{{"type", "tool"}, {"name", sendable(answer)}});
  } else if (!answer.empty() || request.choice == tool_choice::required) {
    body.emplace_back("tool_choice", dynamic_map{{"type", "any"}});
  } else if (request.choice == tool_choice::none) {
    body.emplace_back("tool_choice", dynamic_map{{"type", "none"}});
  }
  return {};
}

error unsupported(std::string what, std::string advice) {
  return {errc::unsupported, std::move(what), "", std::move(advice)};
}

}  // namespace

std::string answer_tool_of(const chat_request& request) {
  return request.output_schema.empty() ? std::string() : answer_name(request);
}

result<std::string> write_anthropic_chat(const model_endpoint& endpoint, const chat_request& request,
                                         answer_form form) {
  const std::string& model = request.model.empty() ? endpoint.model : request.model;
  if (model.empty()) {
    return error(errc::invalid_argument, "neither the request nor the endpoint names a model", "",
                 "set the endpoint's model");
  }
  if (request.logprobs > 0) return unsupported("Anthropic's API has no logprobs", "leave them out of the request");
  if (request.seed) return unsupported("Anthropic's API has no seed", "leave it out of the request");
  dynamic_map body{{"model", sendable(model)},
                   {"max_tokens", request.output_tokens_max.value_or(endpoint.output_tokens_max)}};
  if (auto fine = append_messages(body, request); !fine) return fine.error();
  if (auto fine = append_tools(body, request); !fine) return fine.error();
  if (request.temperature) body.emplace_back("temperature", *request.temperature);
  if (request.top_p) body.emplace_back("top_p", *request.top_p);
  if (!request.stop.empty()) {
    dynamic_list stop;
    for (const std::string& each : request.stop) stop.emplace_back(sendable(each));
    body.emplace_back("stop_sequences", std::move(stop));
  }
  if (form == answer_form::streamed) body.emplace_back("stream", true);
  try {
    return to_json(dynamic_value(std::move(body)));
  } catch (const error& problem) {
    return problem;
  }
}

result<http_request> anthropic_dialect::write_request(const model_endpoint& endpoint, const chat_request& request,
                                                      answer_form form) const {
  auto body = write_anthropic_chat(endpoint, request, form);
  if (!body) return body.error();
  http_request out = start_request(endpoint, "/messages");
  out.headers.push_back({"Accept", form == answer_form::streamed ? "text/event-stream" : "application/json"});
  out.headers.push_back({"anthropic-version", api_version});
  if (!endpoint.key.reveal().empty()) out.secrets.push_back({"x-api-key", endpoint.key, ""});
  out.body = std::move(*body);
  return out;
}

result<http_request> anthropic_dialect::write_request(const model_endpoint&, const embedding_request&) const {
  return unsupported("Anthropic's API has no embeddings", "name an endpoint of the openai dialect for them");
}

}  // namespace sage::llm
