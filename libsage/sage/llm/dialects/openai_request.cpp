// How requests are written in OpenAI's dialect.
#include <utility>

#include "sage/llm/dialects/openai.hpp"
#include "sage/model/json.hpp"

namespace sage::llm {

namespace {

dynamic_value content_of(const chat_message& message) {
  if (message.images.empty()) {
    // Null is what OpenAI itself sends when there is nothing but tool calls; an empty text is refused by some.
    if (message.text.empty() && !message.tool_calls.empty()) return nullptr;
    return sendable(message.text);
  }
  dynamic_list parts;
  if (!message.text.empty()) parts.push_back(dynamic_map{{"type", "text"}, {"text", sendable(message.text)}});
  for (const chat_image& image : message.images) {
    dynamic_map where{{"url", sendable(image.url)}};
    if (!image.detail.empty()) where.emplace_back("detail", sendable(image.detail));
    parts.push_back(dynamic_map{{"type", "image_url"}, {"image_url", std::move(where)}});
  }
  return parts;
}

dynamic_value message_of(const chat_message& message) {
  dynamic_map out{{"role", enum_name(message.role)}, {"content", content_of(message)}};
  if (message.role == chat_role::tool) {
    out.emplace_back("tool_call_id", sendable(message.tool_call_id));
  } else if (!message.name.empty()) {
    out.emplace_back("name", sendable(message.name));
  }
  if (!message.tool_calls.empty()) {
    dynamic_list calls;
    for (const chat_tool_call& call : message.tool_calls) {
      dynamic_map function{{"name", sendable(call.name)}, {"arguments", sendable(call.arguments)}};
      calls.push_back(
          dynamic_map{{"id", sendable(call.id)}, {"type", "function"}, {"function", std::move(function)}});
    }
    out.emplace_back("tool_calls", std::move(calls));
  }
  return out;
}

result<dynamic_value> tool_of(const chat_tool& tool) {
  dynamic_map function{{"name", sendable(tool.name)}};
  if (!tool.description.empty()) function.emplace_back("description", sendable(tool.description));
  if (!tool.parameters.empty()) {
    auto schema = read_schema(tool.parameters, "the parameters of tool " + tool.name);
    if (!schema) return schema.error();
    function.emplace_back("parameters", std::move(*schema));
  }
  return dynamic_value(dynamic_map{{"type", "function"}, {"function", std::move(function)}});
}

result<void> append_tools(dynamic_map& body, const chat_request& request) {
  if (request.tools.empty()) return {};
  dynamic_list tools;
  for (const chat_tool& each : request.tools) {
    auto tool = tool_of(each);
    if (!tool) return tool.error();
    tools.push_back(std::move(*tool));
  }
  body.emplace_back("tools", std::move(tools));
  switch (request.choice) {
    case tool_choice::automatic: break;  // the default when there are tools
    case tool_choice::none: body.emplace_back("tool_choice", "none"); break;
    case tool_choice::required: body.emplace_back("tool_choice", "required"); break;
  }
  return {};
}

result<void> append_schema(dynamic_map& body, const model_endpoint& endpoint, const chat_request& request) {
  if (request.output_schema.empty()) return {};
  auto schema = read_schema(request.output_schema, "the output schema");
  if (!schema) return schema.error();
  dynamic_map named{{"name", sendable(answer_name(request))}, {"schema", std::move(*schema)}};
  if (endpoint.strict_output_schema) named.emplace_back("strict", true);
  body.emplace_back("response_format", dynamic_map{{"type", "json_schema"}, {"json_schema", std::move(named)}});
  return {};
}

void append_sampling(dynamic_map& body, const model_endpoint& endpoint, const chat_request& request) {
  if (request.temperature) body.emplace_back("temperature", *request.temperature);
  if (request.top_p) body.emplace_back("top_p", *request.top_p);
  if (request.output_tokens_max) {
    body.emplace_back(endpoint.old_output_limit ? "max_tokens" : "max_completion_tokens", *request.output_tokens_max);
  }
  if (request.seed) body.emplace_back("seed", *request.seed);
  if (!request.stop.empty()) {
    dynamic_list stop;
    for (const std::string& each : request.stop) stop.emplace_back(sendable(each));
    body.emplace_back("stop", std::move(stop));
  }
  if (request.logprobs > 0) {
    body.emplace_back("logprobs", true);
    body.emplace_back("top_logprobs", request.logprobs);
  }
}

void add_key(http_request& request, const model_endpoint& endpoint) {
  if (!endpoint.key.reveal().empty()) request.secrets.push_back({"Authorization", endpoint.key, "Bearer "});
}

error no_model() {
  return {errc::invalid_argument, "neither the request nor the endpoint names a model", "",
          "set the endpoint's model"};
}

}  // namespace

result<std::string> write_openai_chat(const model_endpoint& endpoint, const chat_request& request, answer_form form) {
  const std::string& model = request.model.empty() ? endpoint.model : request.model;
  if (model.empty()) return no_model();
  if (request.messages.empty()) {
    return error(errc::invalid_argument, "a chat without messages", "", "add at least one message");
  }
  dynamic_list messages;
  for (const chat_message& each : request.messages) messages.push_back(message_of(each));
  dynamic_map body{{"model", sendable(model)}, {"messages", std::move(messages)}};
  if (auto fine = append_tools(body, request); !fine) return fine.error();
  if (auto fine = append_schema(body, endpoint, request); !fine) return fine.error();
  append_sampling(body, endpoint, request);
  if (form == answer_form::streamed) {
    body.emplace_back("stream", true);
    body.emplace_back("stream_options", dynamic_map{{"include_usage", true}});
  }
  try {
    return to_json(dynamic_value(std::move(body)));
  } catch (const error& problem) {  // a number that JSON doesn't have, e.g. a temperature of NaN
    return problem;
  }
}

result<http_request> openai_dialect::write_request(const model_endpoint& endpoint, const chat_request& request,
                                                   answer_form form) const {
  auto body = write_openai_chat(endpoint, request, form);
  if (!body) return body.error();
  http_request out = start_request(endpoint, "/chat/completions");
  out.headers.push_back({"Accept", form == answer_form::streamed ? "text/event-stream" : "application/json"});
  add_key(out, endpoint);
  out.body = std::move(*body);
  return out;
}

result<http_request> openai_dialect::write_request(const model_endpoint& endpoint,
                                                   const embedding_request& request) const {
  const std::string& model = request.model.empty() ? endpoint.model : request.model;
  if (model.empty()) return no_model();
  if (request.inputs.empty()) {
    return error(errc::invalid_argument, "no texts to embed", "", "give at least one input");
  }
  dynamic_list inputs;
  for (const std::string& each : request.inputs) inputs.emplace_back(sendable(each));
  // No encoding_format: whoever knows base64 may send it unasked, the others refuse the word.
  dynamic_map body{{"model", sendable(model)}, {"input", std::move(inputs)}};
  if (request.dimensions > 0) body.emplace_back("dimensions", request.dimensions);
  http_request out = start_request(endpoint, "/embeddings");
  out.headers.push_back({"Accept", "application/json"});
  add_key(out, endpoint);
  out.body = to_json(dynamic_value(std::move(body)));
  return out;
}

}  // namespace sage::llm
