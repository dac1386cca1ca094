#include "sage/model/value_writer.hpp"

#include <utility>

#include "sage/model/dynamic_value.hpp"

namespace sage {

value_writer::~value_writer() = default;

void value_writer::fail(errc code, std::string message, std::string advice) {
  if (failed()) return;
  problem_.code = code;
  problem_.message = std::move(message);
  problem_.advice = std::move(advice);
}

bool value_writer::enter() {
  if (depth_ == depth_max) {
    fail(errc::limit, "nested deeper than " + std::to_string(depth_max) + " levels");
    return false;
  }
  ++depth_;
  return true;
}

void value_writer::write_record(const void* record, const record_codec& codec) {
  if (!enter()) return;
  begin_map(shows_secrets_ ? codec.count : codec.count - codec.secrets);
  for (const field_codec& field : codec) {
    if (field.secret) {
      if (!shows_secrets_) continue;
      write_key(field.name);
      write_string("***");
      continue;
    }
    write_key(field.name);
    field.write(*this, record);
    if (failed()) {
      problem_.in_field(field.name);
      return;
    }
  }
  end_map();
  leave();
}

void value_writer::write_list(const void* list, std::size_t size,
                              void (*element)(value_writer& out, const void* list, std::size_t index)) {
  if (!enter()) return;
  begin_list(size);
  for (std::size_t i = 0; i < size; ++i) {
    element(*this, list, i);
    if (failed()) {
      problem_.in_element(i);
      return;
    }
  }
  end_list();
  leave();
}

void value_writer::write_enum(std::int64_t value, const enum_codec& codec) {
  for (const enum_entry& entry : codec) {
    if (entry.value == value) return write_string(entry.name);
  }
  // A value without a name is still a value of the enum; readers take its number.
  if (codec.min < 0) return write_int64(value);
  write_uint64(static_cast<std::uint64_t>(value));
}

void value_writer::write_ticks(std::int64_t ticks, std::int64_t milliseconds) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(ticks, milliseconds, &product)) {
    return fail(errc::invalid_argument, "the time does not fit into 64 bits of milliseconds");
  }
  write_int64(product);
}

void value_writer::write_dynamic(const dynamic_value& value) {
  switch (value.kind()) {
    case value_kind::null: return write_null();
    case value_kind::boolean: return write_bool(*value.get_if<bool>());
    case value_kind::int64: return write_int64(*value.get_if<std::int64_t>());
    case value_kind::uint64: return write_uint64(*value.get_if<std::uint64_t>());
    case value_kind::real: return write_double(*value.get_if<double>());
    case value_kind::string: return write_string(*value.get_if<std::string>());
    case value_kind::bytes: {
      const byte_string& bytes = *value.get_if<byte_string>();
      return write_bytes(bytes.data(), bytes.size());
    }
    case value_kind::list: {
      const dynamic_list& list = *value.get_if<dynamic_list>();
      return write_list(&list, list.size(), [](value_writer& out, const void* all, std::size_t i) {
        out.write_dynamic((*static_cast<const dynamic_list*>(all))[i]);
      });
    }
    case value_kind::map: {
      const dynamic_map& map = *value.get_if<dynamic_map>();
      if (!enter()) return;
      begin_map(map.size());
      for (const auto& [key, element] : map) {
        write_key(key);
        write_dynamic(element);
        if (failed()) {
          problem_.in_field(key);
          return;
        }
      }
      end_map();
      return leave();
    }
  }
}

}  // namespace sage
