/// Writes typed values as compact JSON (RFC 8259), one line, without a tree in between.
#pragma once

#include <string>

#include "sage/model/value_writer.hpp"

namespace sage {

/// What JSON is for.
enum class json_form : std::uint8_t {
  transport,  ///< to be read again: secrets are left out, text that isn't UTF-8 is an error
  shown,      ///< for people: secrets are `"***"`, bytes that aren't UTF-8 are U+FFFD
};

/// Appends to a string of the caller. NaN and infinities become `"NaN"`, `"Infinity"`, `"-Infinity"`, bytes base64.
class json_writer final : public value_writer {
 public:
  explicit json_writer(std::string& out, json_form form = json_form::transport);

  void write_null() override;
  void write_bool(bool value) override;
  void write_int64(std::int64_t value) override;
  void write_uint64(std::uint64_t value) override;
  void write_float(float value) override;
  void write_double(double value) override;
  void write_string(std::string_view text) override;
  void write_bytes(const void* bytes, std::size_t size) override;
  void begin_list(std::size_t size) override;
  void end_list() override;
  void begin_map(std::size_t size) override;
  void write_key(std::string_view name) override;
  void write_key_int64(std::int64_t key) override;
  void write_key_uint64(std::uint64_t key) override;
  void end_map() override;

 private:
  /// Puts a comma before every element but the first: the text itself says which is the first.
  void separate();
  template <class Real>
  void write_real(Real value);
  void append_quoted(std::string_view text);
  void append_unusual(std::string_view text);

  std::string& out_;
  json_form form_;
  std::uint32_t depth_ = 0;
};

}  // namespace sage
