/// Numbers and texts as bytes, and back without trusting a single one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/base/result.hpp"

namespace ask {

/// Appends to a buffer. Numbers are variable-length (seven bits a byte, the low ones first) or of four bytes, little
/// end first; a text is its length and its bytes.
class byte_writer {
 public:
  byte_writer() = default;
  explicit byte_writer(std::string begin) : bytes_(std::move(begin)) {}

  void put_number(std::uint64_t value);
  void put_text(std::string_view text);
  void put_fixed(std::uint32_t value);
  void put_floats(std::span<const float> values);

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string take() noexcept { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

/// Reads what byte_writer wrote. The first thing that makes no sense is remembered, everything read after it is zero
/// or empty: so a decoder reads on and asks once, and no count is believed that the bytes left can't hold.
class byte_reader {
 public:
  /// `bytes` outlive the reader and the texts that it gives.
  explicit byte_reader(std::string_view bytes) noexcept : bytes_(bytes) {}

  /// A number of at most `most`.
  [[nodiscard]] std::uint64_t number(std::uint64_t most);
  [[nodiscard]] std::uint32_t number32(std::uint32_t most = UINT32_MAX);
  [[nodiscard]] std::string_view text();
  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] std::uint32_t fixed();
  /// Fills all of `into`; every one is finite.
  void floats(std::span<float> into);
  /// How many of something that takes at least `bytes_each` bytes follow.
  [[nodiscard]] std::size_t count(std::size_t bytes_each);

  /// Notes that what was read can't be meant.
  void fail(std::string_view why);
  void expect_end();
  [[nodiscard]] bool failed() const noexcept { return !why_.empty(); }
  /// Nothing, or errc::parse with the first thing that made no sense and where.
  [[nodiscard]] sage::result<void> outcome() const;

 private:
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string why_;
};

}  // namespace ask
