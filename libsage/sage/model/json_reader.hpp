/// Reads JSON (RFC 8259) into typed values, without a tree in between.
#pragma once

#include <string>
#include <string_view>

#include "sage/model/value_reader.hpp"

namespace sage {

/// A pull parser over text that stays where it is. Strictly RFC 8259: no comments, no trailing commas, UTF-8
/// checked, lone surrogates refused; a byte order mark in front is skipped. No allocation for text without escapes.
class json_reader final : public value_reader {
 public:
  explicit json_reader(std::string_view text, const decode_limits& limits = {},
                       decode_mode mode = decode_mode::tolerant);

  value_kind peek() override;
  bool take_null() override;
  bool read_bool(bool& value) override;
  bool read_number(decoded_number& number) override;
  bool read_text(std::string_view& text) override;
  bool read_bytes(std::string& bytes) override;
  bool begin_list(container_cursor& cursor) override;
  container_step next_element(container_cursor& cursor) override;
  bool begin_map(container_cursor& cursor) override;
  container_step next_key(container_cursor& cursor, std::string_view& key) override;
  bool skip_value() override;
  bool read_record(void* record, const record_codec& codec) override;

  /// Call after the value: false when anything but white space follows it.
  bool finish();

 protected:
  std::string describe_next() override;
  void locate(decode_problem& problem) const override;

 private:
  void skip_space() noexcept {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  /// Consumes what separates elements; `close` ends the container.
  container_step next(container_cursor& cursor, char close);
  bool read_key(std::string_view& key);
  bool read_quoted(std::string_view& text);
  bool read_unusual(std::string_view& text);
  bool check_string_end();
  bool read_escaped(const char* from, std::string_view& text);
  bool read_escape();
  bool read_code_unit(unsigned& unit);
  bool check_utf8(std::string_view text);
  bool parse_fraction(decoded_number& number, const char* begin, std::uint64_t mantissa, std::size_t digits);
  /// At the current character, not at the value that was read last.
  bool fail_token(std::string_view wanted);
  bool fail_syntax(std::string message, std::string advice = {});

  const char* begin_;
  const char* at_;
  const char* mark_;  // where the current value or key began: what is wrong with it is reported there
  const char* end_;
  std::string scratch_;  // strings with escapes, decoded
};

}  // namespace sage
