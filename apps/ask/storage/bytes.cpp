#include "ask/storage/bytes.hpp"

#include <bit>
#include <cmath>
#include <cstring>

namespace ask {

namespace {

constexpr std::size_t fixed_bytes = 4;
constexpr unsigned bits_per_byte = 7;
constexpr unsigned bits_max = 64;

}  // namespace

void byte_writer::put_number(std::uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    value >>= bits_per_byte;
  }
  bytes_.push_back(static_cast<char>(value));
}

void byte_writer::put_text(std::string_view text) {
  put_number(text.size());
  bytes_.append(text);
}

void byte_writer::put_fixed(std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<char>((value >> shift) & 0xFFU));
}

void byte_writer::put_floats(std::span<const float> values) {
  for (const float value : values) put_fixed(std::bit_cast<std::uint32_t>(value));
}

std::uint64_t byte_reader::number(std::uint64_t most) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !failed(); shift += bits_per_byte) {
    if (left() == 0 || shift >= bits_max) {
      fail(left() == 0 ? "it ends inside a number" : "a number is too long");
      break;
    }
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte >= 0x80) continue;
    if (value > most) fail("a number is larger than it can be");
    break;
  }
  return failed() ? 0 : value;
}

std::uint32_t byte_reader::number32(std::uint32_t most) {
  return static_cast<std::uint32_t>(number(most));
}

std::string_view byte_reader::text() {
  const auto size = static_cast<std::size_t>(number(UINT64_MAX));
  if (size > left()) fail("it ends inside a text");
  if (failed()) return {};
  const auto found = bytes_.substr(at_, size);
  at_ += size;
  return found;
}

std::uint8_t byte_reader::byte() {
  if (left() == 0) fail("it ends too early");
  return failed() ? 0 : static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint32_t byte_reader::fixed() {
  if (left() < fixed_bytes) fail("it ends inside a number");
  if (failed()) return 0;
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes_[at_++])} << shift;
  }
  return value;
}

void byte_reader::floats(std::span<float> into) {
  for (float& value : into) {
    value = std::bit_cast<float>(fixed());
    if (!std::isfinite(value)) fail("a vector holds what is no number");
    if (failed()) value = 0;
  }
}

std::size_t byte_reader::count(std::size_t bytes_each) {
  const auto found = static_cast<std::size_t>(number(UINT64_MAX));
  if (!failed() && found > left() / bytes_each) fail("it announces more than it holds");
  return failed() ? 0 : found;
}

void byte_reader::fail(std::string_view why) {
  if (!failed()) why_ = std::string(why) + " (byte " + std::to_string(at_) + ")";
}

void byte_reader::expect_end() {
  if (!failed() && left() != 0) fail("there is something behind its end");
}

sage::result<void> byte_reader::outcome() const {
  if (failed()) return sage::error(sage::errc::parse, why_);
  return {};
}

}  // namespace ask
