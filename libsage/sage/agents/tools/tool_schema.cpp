#include "sage/agents/tools/tool_schema.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#if defined(SAGE_HAS_AGENTS)
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#endif

#include "sage/base/utf8.hpp"
#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"

namespace sage {

#if defined(SAGE_HAS_AGENTS)

namespace {

using json = nlohmann::json;
using ordered = nlohmann::ordered_json;
constexpr std::size_t shown_bytes_max = 64;  // of what a model wrote

/// What is quoted back to a model: bounded, one line, valid UTF-8.
std::string shown(std::string_view text) {
  std::string safe;
  append_repaired_utf8(safe, text.substr(0, shown_bytes_max));
  for (char& c : safe) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text.size() > shown_bytes_max ? safe + "..." : safe;
}

/// Objects with known members take no others: what a model makes up is told to it, not ignored. Bounds of 64-bit
/// integers go: they tell a model nothing, and neither providers nor valijson read them right; the decoder checks
/// them.
void adapt(ordered& schema) {
  if (schema.is_object() && schema.value("type", "") == "integer") {
    constexpr double beyond = 9e18;
    if (const auto most = schema.find("maximum"); most != schema.end() && most->get<double>() > beyond) {
      schema.erase("maximum");
    }
    if (const auto least = schema.find("minimum"); least != schema.end() && least->get<double>() < -beyond) {
      schema.erase("minimum");
    }
  }
  if (schema.is_object() && schema.contains("properties") && !schema.contains("additionalProperties")) {
    schema["additionalProperties"] = false;
  }
  if (schema.is_structured()) {
    for (auto& part : schema) adapt(part);
  }
}

/// 5.0 is an integer to JSON Schema and to our decoder, not to valijson.
void make_whole(json& value) {
  constexpr double exact_max = 9007199254740992.0;  // 2^53
  if (value.is_number_float()) {
    const double real = value.get<double>();
    if (std::trunc(real) == real && std::abs(real) <= exact_max) value = static_cast<std::int64_t>(real);
  } else if (value.is_structured()) {
    for (json& part : value) make_whole(part);
  }
}

std::string type_in_short(const ordered& schema) {
  if (const auto any = schema.find("anyOf"); any != schema.end() && !any->empty()) return type_in_short((*any)[0]);
  if (const auto names = schema.find("enum"); names != schema.end()) {
    std::string all;
    for (const auto& name : *names) all += (all.empty() ? "" : " | ") + name.dump();
    return all;
  }
  const std::string type = schema.value("type", "any");
  if (type == "array") {
    const auto items = schema.find("items");
    return "array" + (items != schema.end() && items->is_object() ? " of " + type_in_short(*items) : "");
  }
  return type;
}

bool is_required(const ordered& schema, const std::string& name) {
  const auto required = schema.find("required");
  if (required == schema.end()) return false;
  return std::find(required->begin(), required->end(), name) != required->end();
}

std::string summary_of(const ordered& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || properties->empty()) return "{}";
  std::string all;
  for (const auto& [name, property] : properties->items()) {
    all += (all.empty() ? "" : ", ") + name + (is_required(schema, name) ? ": " : "?: ") + type_in_short(property);
  }
  return "{" + all + "}";
}

/// "<root>[orders][2]" as "orders[2]".
std::string path_of(const std::vector<std::string>& context) {
  std::string path;
  for (const std::string& step : context) {
    if (step == "<root>") continue;
    const bool quoted = step.size() > 2 && step.front() == '[' && step[1] != '"' && step.back() == ']';
    const std::string_view inner = quoted ? std::string_view(step).substr(1, step.size() - 2) : step;
    const bool index = !inner.empty() && inner.find_first_not_of("0123456789") == std::string_view::npos;
    path += index ? "[" + std::string(inner) + "]" : (path.empty() ? "" : ".") + std::string(inner);
  }
  return shown(path);
}

}  // namespace

struct tool_schema::compiled {
  ordered form;
  valijson::Schema schema;
};

tool_schema::tool_schema(const std::string& schema, std::span<const field_text> texts)
    : compiled_(std::make_unique<compiled>()) {
  ordered& form = compiled_->form;
  form = ordered::parse(schema);
  form.erase("$schema");
  form.erase("title");
  adapt(form);
  for (const auto& [name, text] : texts) {
    const std::string key(name);
    if (!form.contains("properties") || !form["properties"].contains(key)) {
      throw error(errc::invalid_argument, "there is no argument '" + key + "' to describe", {},
                  "SAGE_EXPLAIN names fields of the parameter struct");
    }
    form["properties"][key]["description"] = text;
  }
  text_ = form.dump();
  summary_ = summary_of(form);
  const json plain = json::parse(text_);
  valijson::adapters::NlohmannJsonAdapter adapter(plain);
  valijson::SchemaParser().populateSchema(adapter, compiled_->schema);
}

std::string tool_schema::refusal_of(std::string_view arguments, const tool_limits& limits) const {
  const std::string expected = "; expected " + summary_;
  if (arguments.find_first_not_of(" \t\r\n") == std::string_view::npos) arguments = "{}";
  if (arguments.size() > limits.argument_bytes_max) {
    return "the arguments are too long: " + std::to_string(arguments.size()) + " bytes, at most " +
           std::to_string(limits.argument_bytes_max);
  }
  // Our own reader first: it bounds the depth and refuses what isn't UTF-8, lone surrogates and names that are there
  // twice.
  decode_limits bounds;
  bounds.depth_max = limits.argument_depth_max;
  dynamic_value read;
  decode_problem problem;
  if (!decode_json(arguments, read, problem, bounds)) {
    return "the arguments can't be read as JSON: " + shown(problem.message) + expected;
  }
  const auto* const members = read.get_if<dynamic_map>();
  if (members == nullptr) return "the arguments must be a JSON object" + expected;
  const auto properties = compiled_->form.find("properties");
  const bool has_properties = properties != compiled_->form.end();
  if (has_properties) {
    for (const auto& [name, property] : properties->items()) {
      if (read.find(name) == nullptr && is_required(compiled_->form, name)) {
        return "argument '" + name + "' is missing" + expected;
      }
    }
  }
  for (const auto& [name, value] : *members) {
    if (!has_properties || !properties->contains(name)) return "argument '" + shown(name) + "' is unknown" + expected;
  }
  json value = json::parse(arguments, nullptr, false);
  if (value.is_discarded()) return "the arguments can't be read as JSON" + expected;
  make_whole(value);
  valijson::adapters::NlohmannJsonAdapter adapter(value);
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(compiled_->schema, adapter, &results)) return {};
  valijson::ValidationResults::Error found;
  // The innermost comes first; what follows repeats it for what is around.
  if (!results.popError(found)) return "the arguments don't fit" + expected;
  const std::string path = path_of(found.context);
  return (path.empty() ? "the arguments don't fit: " : "argument '" + path + "' doesn't fit: ") +
         shown(found.description) + expected;
}

#else

struct tool_schema::compiled {};

tool_schema::tool_schema(const std::string&, std::span<const field_text>) {
  throw error(errc::unsupported, "this build has no tools", {},
              "install libvalijson-dev and libkainjow-mustache-dev and build again");
}

std::string tool_schema::refusal_of(std::string_view, const tool_limits&) const {
  return "this build has no tools";
}

#endif

tool_schema::~tool_schema() = default;

}  // namespace sage
