/// Frames of a file that grows: a kind, a length, a checksum, a payload. docs/formats/dead_letters.md has the
/// grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/file_system.hpp"
#include "sage/model/msgpack.hpp"

namespace sage::letters {

/// What a frame holds.
enum class frame_kind : char {
  segment = 'S',  ///< the first of a file of letters: segment_head
  letter = 'L',   ///< kept_letter
  commit = 'C',   ///< committed
  edit = 'E',     ///< edited_letter
  replay = 'R',   ///< asked_replay
  purge = 'P',    ///< purged_letter
  base = 'B',     ///< the first of a file of changes: changes_base
};

/// A payload is no larger: a longer one can only be damage.
inline constexpr std::uint32_t frame_bytes_max = 512u << 20;

/// Appends a frame. Throws errc::limit for a payload that is too large.
void append_frame(std::string& out, frame_kind kind, std::string_view payload);
template <encodable T>
void append_frame_of(std::string& out, frame_kind kind, const T& value) {
  append_frame(out, kind, to_msgpack(value));
}

struct frame {
  frame_kind kind = frame_kind::letter;
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
  [[nodiscard]] bool is_at_end() const noexcept { return at_ == content_.size(); }

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

}  // namespace sage::letters
