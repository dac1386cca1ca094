#include "sage/state/log_frames.hpp"

#include "sage/base/checksum.hpp"
#include "sage/base/little_endian.hpp"

namespace sage::state {

namespace {

constexpr std::size_t head_bytes = 9;  // length, checksum, kind

}  // namespace

void append_frame(std::string& out, char kind, std::string_view payload) {
  if (payload.size() >= frame_bytes_max) {
    throw error(errc::limit, "an entry of " + std::to_string(payload.size()) + " bytes is too large to be kept");
  }
  std::string body(1, kind);
  body += payload;
  append_u32(out, static_cast<std::uint32_t>(body.size()));
  append_u32(out, crc32c(body));
  out += body;
}

std::optional<frame> frame_reader::next() noexcept {
  if (content_.size() - at_ < head_bytes) return std::nullopt;
  const std::uint32_t length = u32_at(content_, at_);
  const std::uint32_t checksum = u32_at(content_, at_ + 4);
  const std::size_t left = content_.size() - at_ - 8;
  if (length == 0 || length > frame_bytes_max || length > left) return std::nullopt;
  const std::string_view body = content_.substr(at_ + 8, length);
  if (crc32c(body) != checksum) return std::nullopt;
  at_ += 8 + length;
  return frame{body.front(), body.substr(1)};
}

std::string read_content(file_system& files, const std::string& path) {
  auto file = files.open(path).value();
  std::string content;
  constexpr std::size_t piece = 1u << 20;
  for (;;) {
    const std::size_t before = content.size();
    content.resize(before + piece);
    const std::size_t count = file->read(content.data() + before, piece).value();
    content.resize(before + count);
    if (count == 0) return content;
  }
}

}  // namespace sage::state
