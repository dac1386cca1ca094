/// Writes typed values as MessagePack: what crosses hosts and lies in snapshots.
#pragma once

#include <string>

#include "sage/model/value_writer.hpp"

namespace sage {

/// Appends to a string of the caller. Numbers take their shortest form; text that isn't UTF-8 becomes `bin`.
class msgpack_writer final : public value_writer {
 public:
  explicit msgpack_writer(std::string& out) noexcept : out_(out) {}

  void write_null() override;
  void write_bool(bool value) override;
  void write_int64(std::int64_t value) override;
  void write_uint64(std::uint64_t value) override;
  void write_float(float value) override;
  void write_double(double value) override;
  void write_string(std::string_view text) override;
  void write_bytes(const void* bytes, std::size_t size) override;
  void begin_list(std::size_t size) override;
  void end_list() override {}
  void begin_map(std::size_t size) override;
  void write_key(std::string_view name) override { write_string(name); }
  void write_key_int64(std::int64_t key) override { write_int64(key); }
  void write_key_uint64(std::uint64_t key) override { write_uint64(key); }
  void end_map() override {}

 private:
  /// A format byte and a big-endian number behind it.
  template <class Number>
  void put(unsigned char format, Number number);
  /// A size in the smallest of three forms; 0 for a form that there is not.
  void put_size(std::size_t size, unsigned char form_8, unsigned char form_16, unsigned char form_32);

  std::string& out_;
};

}  // namespace sage
