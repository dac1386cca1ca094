#include "sage/serving/embeddings_protocol.hpp"

#include <bit>
#include <utility>

#include "sage/base/base64.hpp"
#include "sage/model/json_writer.hpp"
#include "sage/serving/caller_fields.hpp"
#include "sage/serving/json_protocol.hpp"

namespace sage::serving {

namespace {

constexpr std::uint64_t dimensions_max = 65'536;

void read_inputs(const caller_fields& body, embeddings_request& made) {
  const dynamic_value* input = body.find("input");
  if (input == nullptr) {
    body.refuse("input", "is missing", "missing_required_parameter");
    return;
  }
  if (const auto* text = input->get_if<std::string>()) {
    made.inputs = {*text};
  } else if (const dynamic_list* texts = body.list("input", embeddings_request::inputs_max)) {
    for (const dynamic_value& text : *texts) {
      if (text.get_if<std::string>() == nullptr) {
        body.refuse("input", "must be a text or a list of texts; numbers of tokens aren't understood here",
                    "invalid_type");
        return;
      }
      made.inputs.emplace_back(text.text());
    }
  }
  for (const std::string& text : made.inputs) {
    if (text.empty()) body.refuse("input", "has an empty text");
  }
  if (made.inputs.empty()) body.refuse("input", "has no text");
}

// As the bytes of 32-bit floats, the lowest first, whatever this machine does.
std::string bytes_of(const std::vector<float>& vector) {
  std::string bytes;
  bytes.reserve(4 * vector.size());
  for (const float number : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 255);
  }
  return bytes;
}

}  // namespace

std::variant<embeddings_request, http_problem> parse_embeddings(const server_request& request) {
  dynamic_value content;
  if (auto problem = decode_request(request, content)) return *std::move(problem);
  std::optional<http_problem> problem;
  const caller_fields body(content, {}, problem);
  embeddings_request made;
  made.model = body.required_text("model");
  read_inputs(body, made);
  const std::string format = body.text("encoding_format").value_or("float");
  made.as_base64 = format == "base64";
  if (!made.as_base64 && format != "float") body.refuse("encoding_format", "must be float or base64");
  if (const auto wanted = body.whole("dimensions", 1, dimensions_max)) {
    made.dimensions = static_cast<std::uint32_t>(*wanted);
  }
  if (problem) return *std::move(problem);
  return made;
}

std::string render_embeddings(const embeddings_request& request, const std::string& model,
                              std::span<const std::vector<float>> vectors, std::uint64_t input_tokens) {
  std::string text;
  json_writer to(text, json_form::shown);
  to.begin_map(4);
  to.write_key("object");
  to.write_string("list");
  to.write_key("data");
  to.begin_list(vectors.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    to.begin_map(3);
    to.write_key("object");
    to.write_string("embedding");
    to.write_key("index");
    to.write_uint64(i);
    to.write_key("embedding");
    if (request.as_base64) {
      std::string encoded;
      append_base64(encoded, bytes_of(vectors[i]));
      to.write_string(encoded);
    } else {
      to.begin_list(vectors[i].size());
      for (const float number : vectors[i]) to.write_float(number);
      to.end_list();
    }
    to.end_map();
  }
  to.end_list();
  to.write_key("model");
  to.write_string(model);
  to.write_key("usage");
  to.begin_map(2);
  to.write_key("prompt_tokens");
  to.write_uint64(input_tokens);
  to.write_key("total_tokens");
  to.write_uint64(input_tokens);
  to.end_map();
  to.end_map();
  return text;
}

}  // namespace sage::serving
