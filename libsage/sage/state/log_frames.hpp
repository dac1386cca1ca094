/// Frames of a file that grows: a kind, a length, a checksum, a payload.
///
///     frame = LENGTH CRC KIND PAYLOAD
///
/// LENGTH and CRC are four bytes each, the least first; both are of KIND (one byte) and PAYLOAD together, the CRC is
/// CRC-32C.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/file_system.hpp"
#include "sage/model/msgpack.hpp"

namespace sage::state {

/// A frame is no larger: a longer one can only be damage.
inline constexpr std::uint32_t frame_bytes_max = 512u << 20;

/// Appends a frame. Throws errc::limit for a payload that is too large.
void append_frame(std::string& out, char kind, std::string_view payload);
template <encodable T>
void append_frame_of(std::string& out, char kind, const T& value) {
  append_frame(out, kind, to_msgpack(value));
}

struct frame {
  char kind = 0;
  std::string_view payload;
};

/// Goes through the frames of a file as far as they are whole.
class frame_reader {
 public:
  explicit frame_reader(std::string_view content) noexcept : content_(content) {}
  /// The next frame; nothing at the end, and where what follows is no whole frame.
  [[nodiscard]] std::optional<frame> next() noexcept;
  /// Where the next frame begins.
  [[nodiscard]] std::size_t position() const noexcept { return at_; }

 private:
  std::string_view content_;
  std::size_t at_ = 0;
};

/// What a frame says. Throws errc::parse, naming `path`, for a payload of another kind.
template <encodable T>
[[nodiscard]] T read_frame(const frame& from, const std::string& path) {
  decode_limits limits;
  limits.bytes_max = frame_bytes_max;
  limits.elements_max = ~std::uint64_t{0};
  auto value = from_msgpack<T>(from.payload, limits);
  if (!value) throw error(errc::parse, "a frame can't be read: " + value.error().message(), path);
  return *std::move(value);
}

/// All bytes of the file. Throws errc::not_found, errc::io.
[[nodiscard]] std::string read_content(file_system& files, const std::string& path);

}  // namespace sage::state
