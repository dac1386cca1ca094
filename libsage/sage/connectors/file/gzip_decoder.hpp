/// Unpacks gzip (RFC 1952) as it comes: one or several members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sage/base/result.hpp"

namespace sage::file {

/// Whether `bytes` begin like gzip.
[[nodiscard]] constexpr bool is_gzip(std::string_view bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

/// Packed bytes in, unpacked bytes out. Knows neither files nor how much there is.
///
/// Fails  errc::parse, with the offset in the packed bytes; errc::unsupported in a build without zlib
class gzip_decoder {
 public:
  gzip_decoder();
  ~gzip_decoder();
  gzip_decoder(const gzip_decoder&) = delete;
  gzip_decoder& operator=(const gzip_decoder&) = delete;

  /// Unpacks from the front of `packed`, which it shortens by what it took, into at most `room` bytes at `into`.
  /// Returns how many it made; none when it needs more input.
  [[nodiscard]] result<std::size_t> decode(std::string_view& packed, char* into, std::size_t room);
  /// Whether there may be more output without more input.
  [[nodiscard]] bool holds_output() const noexcept { return room_ran_out_; }
  /// To be asked at the end of the input: an error when that is in the middle of a member.
  [[nodiscard]] result<void> finish() const;

 private:
  struct stream;
  enum class place : std::uint8_t { member, between, padding };

  std::unique_ptr<stream> stream_;
  place place_ = place::member;
  bool room_ran_out_ = false;      // so that there may be more without more input
  std::uint64_t taken_bytes_ = 0;  // of the packed input
};

}  // namespace sage::file
