#include "sage/model/json_schema.hpp"

#include "sage/model/json.hpp"
#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

namespace {

struct order {
  std::string id;
  std::uint8_t count = 1;
  samples::level urgency = samples::level::info;
  std::optional<double> price;
  std::vector<std::string> tags;
  std::map<int, bool> flags;
  sage::secret<std::string> key;
};
SAGE_DESCRIBE(order, id, count, urgency, price, tags, flags, key)

sage::dynamic_value schema_of(const std::string& text) {
  return sage::from_json<sage::dynamic_value>(text).value();
}

/// Follows a JSON Pointer of names without escapes.
const sage::dynamic_value* resolve(const sage::dynamic_value& root, std::string_view pointer) {
  const sage::dynamic_value* at = &root;
  pointer.remove_prefix(1);  // '#'
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string step(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(step.size());
    if (const auto* list = at->get_if<sage::dynamic_list>()) {
      at = &list->at(std::stoul(step));
    } else {
      at = at->find(step);
    }
  }
  return at;
}

/// Whether `value` fits `schema`, for the keywords that the writer uses.
bool fits(const sage::dynamic_value& value, const sage::dynamic_value& schema, const sage::dynamic_value& root) {
  if (const auto* reference = schema.find("$ref")) return fits(value, *resolve(root, reference->text()), root);
  if (const auto* any = schema.find("anyOf")) {
    for (const auto& each : *any->get_if<sage::dynamic_list>()) {
      if (fits(value, each, root)) return true;
    }
    return false;
  }
  const auto* type = schema.find("type");
  if (type == nullptr) return true;
  const std::string_view name = type->text();
  if (name == "null") return value.is_null();
  if (name == "boolean") return value.get_if<bool>() != nullptr;
  if (name == "string") {
    const auto* names = schema.find("enum");
    if (value.get_if<std::string>() == nullptr) return false;
    if (names == nullptr) return true;
    for (const auto& each : *names->get_if<sage::dynamic_list>()) {
      if (each == value) return true;
    }
    return false;
  }
  if (name == "number" || name == "integer") {
    if (!value.number() || (name == "integer" && value.get_if<double>() != nullptr)) return false;
    const auto* least = schema.find("minimum");
    const auto* most = schema.find("maximum");
    return (!least || *value.number() >= *least->number()) && (!most || *value.number() <= *most->number());
  }
  if (name == "array") {
    const auto* list = value.get_if<sage::dynamic_list>();
    if (list == nullptr) return false;
    const auto* least = schema.find("minItems");
    const auto* most = schema.find("maxItems");
    const auto* prefix = schema.find("prefixItems");
    if ((least && list->size() < *least->number()) || (most && list->size() > *most->number())) return false;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto* parts = prefix ? prefix->get_if<sage::dynamic_list>() : nullptr;
      if (parts != nullptr && i >= parts->size()) return false;
      if (!fits((*list)[i], parts ? (*parts)[i] : *schema.find("items"), root)) return false;
    }
    return true;
  }
  const auto* map = value.get_if<sage::dynamic_map>();
  if (name != "object" || map == nullptr) return false;
  if (const auto* required = schema.find("required")) {
    for (const auto& each : *required->get_if<sage::dynamic_list>()) {
      if (value.find(each.text()) == nullptr) return false;
    }
  }
  for (const auto& [key, element] : *map) {
    const auto* properties = schema.find("properties");
    const auto* known = properties ? properties->find(key) : schema.find("additionalProperties");
    if (known != nullptr && !fits(element, *known, root)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("the schema of a described type says fields, ranges, names, what is required and no secret",
          "[model][json_schema]") {
  CHECK(sage::json_schema<order>() ==
        R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"order","type":"object","properties":{)"
        R"("id":{"type":"string"},"count":{"type":"integer","minimum":0,"maximum":255},)"
        R"("urgency":{"type":"string","enum":["debug","info","warn","error"]},)"
        R"("price":{"anyOf":[{"type":"number"},{"type":"null"}]},)"
        R"("tags":{"type":"array","items":{"type":"string"}},)"
        R"("flags":{"type":"object","propertyNames":{"pattern":"^(0|-?[1-9][0-9]*)$"},)"
        R"("additionalProperties":{"type":"boolean"}}},)"
        R"("required":["id","count","urgency","tags","flags"]})");
}

TEST_CASE("a type that contains itself refers to itself", "[model][json_schema]") {
  const auto schema = schema_of(sage::json_schema<samples::tree>());
  CHECK(resolve(schema, "#/properties/children/items/$ref")->text() == "#");
  const auto inside = schema_of(sage::json_schema<samples::compounds>());
  CHECK(resolve(inside, "#/properties/forest/properties/children/items/$ref")->text() == "#/properties/forest");
  CHECK(resolve(inside, "#/properties/forest/title")->text() == "tree");
}

TEST_CASE("what is encoded fits the schema of its type", "[model][json_schema][property]") {
  const auto schema = schema_of(sage::json_schema<samples::compounds>());
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    samples::generator random(seed);
    samples::compounds value = random.compound_values(true);
    // Numbers that JSON has no form for and enum values without a name are text and numbers beside the schema.
    value.unordered.clear();
    value.pair.second = 0;
    value.line = {};
    value.lines.clear();
    value.maybe.reset();
    std::get<1>(value.tuple) = samples::level::warn;
    const std::string text = sage::to_json(value);
    INFO(text);
    CHECK(fits(sage::from_json<sage::dynamic_value>(text).value(), schema, schema));
  }
  CHECK_FALSE(fits(schema_of(R"({"line":5})"), schema, schema));
}
