/// The description of a type as the compiled-once parts of the codecs see it: tables of plain functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sage {

class value_reader;
class value_writer;

/// Reads a value into, or writes it from, the object behind the pointer.
using read_function = bool (*)(value_reader& in, void* value);
using write_function = void (*)(value_writer& out, const void* value);

/// One field of a record.
struct field_codec {
  std::string_view name;
  read_function read;    ///< takes the record, not the field; null for a secret
  write_function write;  ///< takes the record, not the field; null for a secret
  bool optional;         ///< may be absent: `std::optional`
  bool compound;         ///< more than one value: a list, a map, a record, a dynamic value
  bool secret;           ///< never leaves
};

/// All fields of a record, in the order of their description.
struct record_codec {
  const field_codec* fields;
  std::uint32_t count;
  std::uint32_t secrets;  ///< how many of them never leave

  [[nodiscard]] constexpr const field_codec* begin() const noexcept { return fields; }
  [[nodiscard]] constexpr const field_codec* end() const noexcept { return fields + count; }
};

/// One named value of an enum.
struct enum_entry {
  std::string_view name;
  std::int64_t value;  ///< the bits of the underlying value, extended to 64
};

/// What the codecs know of an enum: its names, if it has any, and the range of its underlying type.
struct enum_codec {
  const enum_entry* entries;
  std::size_t count;
  std::int64_t min;
  std::uint64_t max;
  /// Reads texts that are no name; null when only names and numbers are read.
  bool (*from_text)(std::string_view text, std::int64_t& value) = nullptr;

  [[nodiscard]] constexpr const enum_entry* begin() const noexcept { return entries; }
  [[nodiscard]] constexpr const enum_entry* end() const noexcept { return entries + count; }
};

}  // namespace sage
