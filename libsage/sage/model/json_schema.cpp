#include "sage/model/json_schema.hpp"

namespace sage {

namespace {

/// One step of a JSON Pointer (RFC 6901). Names are identifiers of C++: nothing to escape.
std::string make_step(std::string_view parent, std::string_view name) {
  return "/" + std::string(parent) + "/" + std::string(name);
}

std::string_view without_namespaces(std::string_view name) {
  // Up to the first template argument only: "shop::pair<a::b>" is "pair<a::b>".
  const std::size_t colon = name.substr(0, name.find('<')).rfind("::");
  return colon == std::string_view::npos ? name : name.substr(colon + 2);
}

}  // namespace

schema_writer::schema_writer(std::string& out) : json_(out) {}

void schema_writer::begin() {
  json_.begin_map(0);
  if (!at_root_) return;
  at_root_ = false;
  member("$schema", "https://json-schema.org/draft/2020-12/schema");
}

void schema_writer::end() {
  json_.end_map();
}

void schema_writer::member(std::string_view name, std::string_view value) {
  json_.write_key(name);
  json_.write_string(value);
}

void schema_writer::nested(std::string_view step, part schema) {
  const std::size_t before = pointer_.size();
  pointer_ += step;
  schema(*this);
  pointer_.resize(before);
}

void schema_writer::any() {
  begin();
  end();
}

void schema_writer::boolean() {
  begin();
  member("type", "boolean");
  end();
}

void schema_writer::integer(std::int64_t min, std::uint64_t max) {
  begin();
  member("type", "integer");
  json_.write_key("minimum");
  json_.write_int64(min);
  json_.write_key("maximum");
  json_.write_uint64(max);
  end();
}

void schema_writer::number() {
  begin();
  member("type", "number");
  end();
}

void schema_writer::string() {
  begin();
  member("type", "string");
  end();
}

void schema_writer::base64() {
  begin();
  member("type", "string");
  member("contentEncoding", "base64");
  end();
}

void schema_writer::names(const enum_codec& codec) {
  if (codec.count == 0) return integer(codec.min, codec.max);
  begin();
  member("type", "string");
  json_.write_key("enum");
  json_.begin_list(codec.count);
  for (const enum_entry& entry : codec) json_.write_string(entry.name);
  json_.end_list();
  end();
}

void schema_writer::time(std::string_view unit, bool is_point, bool is_whole) {
  begin();
  member("type", is_whole ? "integer" : "number");
  member("description", std::string(unit) + (is_point ? " since the epoch of the clock" : ""));
  end();
}

void schema_writer::optional(part inner) {
  begin();
  json_.write_key("anyOf");
  json_.begin_list(2);
  nested("/anyOf/0", inner);
  json_.begin_map(1);
  member("type", "null");
  json_.end_map();
  json_.end_list();
  end();
}

void schema_writer::list(part element) {
  begin();
  member("type", "array");
  json_.write_key("items");
  nested("/items", element);
  end();
}

void schema_writer::array(part element, std::size_t size) {
  begin();
  member("type", "array");
  json_.write_key("items");
  nested("/items", element);
  json_.write_key("minItems");
  json_.write_uint64(size);
  json_.write_key("maxItems");
  json_.write_uint64(size);
  end();
}

void schema_writer::tuple(const part* parts, std::size_t size) {
  begin();
  member("type", "array");
  json_.write_key("prefixItems");
  json_.begin_list(size);
  for (std::size_t i = 0; i < size; ++i) nested(make_step("prefixItems", std::to_string(i)), parts[i]);
  json_.end_list();
  json_.write_key("items");
  json_.write_bool(false);
  json_.write_key("minItems");
  json_.write_uint64(size);
  end();
}

void schema_writer::map(part value, bool whole_numbered_keys) {
  begin();
  member("type", "object");
  if (whole_numbered_keys) {
    json_.write_key("propertyNames");
    json_.begin_map(1);
    member("pattern", "^(0|-?[1-9][0-9]*)$");
    json_.end_map();
  }
  json_.write_key("additionalProperties");
  nested("/additionalProperties", value);
  end();
}

void schema_writer::record(std::string_view type_name, const void* id, const property* properties,
                           std::size_t count) {
  begin();
  for (const open_record& around : open_) {
    if (around.id != id) continue;
    member("$ref", std::string_view(pointer_).substr(0, around.pointer_size));
    return end();
  }
  open_.push_back({id, pointer_.size()});
  member("title", without_namespaces(type_name));
  member("type", "object");
  json_.write_key("properties");
  json_.begin_map(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (properties[i].schema == nullptr) continue;
    json_.write_key(properties[i].name);
    nested(make_step("properties", properties[i].name), properties[i].schema);
  }
  json_.end_map();
  json_.write_key("required");
  json_.begin_list(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (properties[i].required) json_.write_string(properties[i].name);
  }
  json_.end_list();
  open_.pop_back();
  end();
}

}  // namespace sage
