/// Reads MessagePack into typed values, without a tree in between.
#pragma once

#include <string>
#include <string_view>

#include "sage/model/value_reader.hpp"

namespace sage {

/// A pull parser over bytes that stay where they are. A list or map that claims more elements than there are bytes
/// left is refused at once; extension types are skipped where a field is, and refused where a value is wanted.
class msgpack_reader final : public value_reader {
 public:
  explicit msgpack_reader(std::string_view bytes, const decode_limits& limits = {},
                          decode_mode mode = decode_mode::tolerant);

  value_kind peek() override;
  bool take_null() override;
  bool read_bool(bool& value) override;
  bool read_number(decoded_number& number) override;
  /// Takes `str` and `bin` alike: text that is not UTF-8 travels as `bin`.
  bool read_text(std::string_view& text) override;
  bool read_bytes(std::string& bytes) override;
  bool begin_list(container_cursor& cursor) override;
  container_step next_element(container_cursor& cursor) override;
  bool begin_map(container_cursor& cursor) override;
  container_step next_key(container_cursor& cursor, std::string_view& key) override;
  bool skip_value() override;

  /// Call after the value: false when bytes follow it.
  bool finish();

 protected:
  std::string describe_next() override;
  void locate(decode_problem& problem) const override;

 private:
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  /// The format byte of the next value; 0xc1, which means nothing, at the end.
  [[nodiscard]] unsigned char format() const noexcept {
    return at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_]) : 0xc1;
  }
  /// The big-endian number of `size` bytes behind the format byte; moves behind both.
  bool take_number(std::size_t size, std::uint64_t& number);
  bool take_bytes(std::uint64_t size, std::string_view& bytes);
  bool begin(container_cursor& cursor, std::uint64_t count, std::uint64_t bytes_each);
  container_step next(container_cursor& cursor);
  bool fail_end();

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t mark_ = 0;  // where the current value began: problems are reported there
  char key_digits_[24];   // a whole-numbered key as text
};

}  // namespace sage
