/// The JSON Schema (2020-12) of an encodable type: what `to_json` writes, for tools, forms and language models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/model/json_writer.hpp"
#include "sage/model/record_type.hpp"
#include "sage/model/value_codec.hpp"

namespace sage {

/// Writes one schema, called in the order of the type's parts. Compiled once; code per type only walks.
class schema_writer {
 public:
  explicit schema_writer(std::string& out);
  schema_writer(const schema_writer&) = delete;
  schema_writer& operator=(const schema_writer&) = delete;

  void any();
  void boolean();
  void integer(std::int64_t min, std::uint64_t max);
  void number();
  void string();
  void base64();
  void names(const enum_codec& codec);
  /// A duration or time point: an integer in `unit`, or a number.
  void time(std::string_view unit, bool is_point, bool is_whole);

  using part = void (*)(schema_writer& out);
  void optional(part inner);
  void list(part element);
  /// A list of exactly `size` elements.
  void array(part element, std::size_t size);
  void tuple(const part* parts, std::size_t size);
  void map(part value, bool whole_numbered_keys);

  struct property {
    std::string_view name;
    part schema;  ///< null for a secret
    bool required;
  };
  /// An object; one that is inside itself is referred to instead. `id` tells types apart.
  void record(std::string_view type_name, const void* id, const property* properties, std::size_t count);

 private:
  void begin();
  void end();
  void member(std::string_view name, std::string_view value);
  /// Writes a nested schema; `step` is its place below this one, in JSON Pointer.
  void nested(std::string_view step, part schema);

  struct open_record {
    const void* id;
    std::size_t pointer_size;
  };

  json_writer json_;
  std::string pointer_ = "#";  // where the schema being written is
  std::vector<open_record> open_;
  bool at_root_ = true;
};

namespace schemas {

template <class T>
void write_schema(schema_writer& out);

template <class Tuple, std::size_t... I>
void write_tuple(schema_writer& out, std::index_sequence<I...>) {
  static constexpr schema_writer::part parts[] = {&write_schema<std::tuple_element_t<I, Tuple>>...};
  out.tuple(parts, sizeof...(I));
}

template <class Value>
constexpr schema_writer::property property_of(std::string_view name) {
  if constexpr (is_secret_v<Value>) {
    return {name, nullptr, false};
  } else {
    return {name, &write_schema<Value>, shape_of<Value> != value_shape::optional};
  }
}

template <class Record>
struct property_table {
  struct list {
    schema_writer::property properties[field_count<Record> == 0 ? 1 : field_count<Record>];
  };
  static constexpr list all = with_fields<Record>([](const auto&... field) {
    return list{{property_of<typename std::remove_cvref_t<decltype(field)>::value_type>(field.name)...}};
  });
};

template <class Duration>
void write_time(schema_writer& out, bool is_point) {
  constexpr bool whole = std::is_integral_v<typename Duration::rep>;
  if constexpr (milliseconds_per_tick<Duration> != 0) {
    out.time("milliseconds", is_point, true);
  } else if constexpr (Duration::period::num == 1 && Duration::period::den == 1) {
    out.time("seconds", is_point, whole);
  } else if constexpr (Duration::period::num == 1 && Duration::period::den == 1000) {
    out.time("milliseconds", is_point, whole);
  } else if constexpr (Duration::period::num == 1 && Duration::period::den == 1000000) {
    out.time("microseconds", is_point, whole);
  } else if constexpr (Duration::period::num == 1 && Duration::period::den == 1000000000) {
    out.time("nanoseconds", is_point, whole);
  } else {
    out.time("ticks", is_point, whole);
  }
}

template <class T>
void write_schema(schema_writer& out) {
  constexpr value_shape shape = shape_of<T>;
  if constexpr (shape == value_shape::boolean) {
    out.boolean();
  } else if constexpr (shape == value_shape::integer || shape == value_shape::whole) {
    out.integer(static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
  } else if constexpr (shape == value_shape::real) {
    out.number();
  } else if constexpr (shape == value_shape::text) {
    out.string();
  } else if constexpr (shape == value_shape::bytes) {
    out.base64();
  } else if constexpr (shape == value_shape::named) {
    out.names(codecs::enum_table<T>::codec);
  } else if constexpr (shape == value_shape::optional) {
    out.optional(&write_schema<typename T::value_type>);
  } else if constexpr (shape == value_shape::list) {
    out.list(&write_schema<typename T::value_type>);
  } else if constexpr (shape == value_shape::array) {
    out.array(&write_schema<typename T::value_type>, std::tuple_size_v<T>);
  } else if constexpr (shape == value_shape::tuple) {
    write_tuple<T>(out, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (shape == value_shape::map) {
    using key = typename T::key_type;
    out.map(&write_schema<typename T::mapped_type>,
            shape_of<key> == value_shape::integer || shape_of<key> == value_shape::whole);
  } else if constexpr (shape == value_shape::record) {
    const auto& properties = property_table<T>::all.properties;
    out.record(type_name<T>(), properties, properties, field_count<T>);
  } else if constexpr (shape == value_shape::duration) {
    write_time<T>(out, false);
  } else if constexpr (shape == value_shape::time_point) {
    write_time<typename T::duration>(out, true);
  } else {
    out.any();
  }
}

}  // namespace schemas

/// The JSON Schema of `T` as one line. Required are all fields that are not `optional`; secrets do not appear;
/// unknown fields are allowed, as `from_json` allows them.
template <encodable T>
[[nodiscard]] std::string json_schema() {
  std::string out;
  schema_writer writer(out);
  schemas::write_schema<T>(writer);
  return out;
}

}  // namespace sage
