#include "sage/runtime/checkpoint/snapshot_file.hpp"

#include <cstdint>
#include <cstring>

#include "sage/base/checksum.hpp"
#include "sage/base/little_endian.hpp"

namespace sage::runtime {

namespace {

constexpr std::string_view magic = "SAGESNAP\1\0\0\0";  // the format's number behind the name
constexpr std::string_view magic_bytes(magic.data(), 12);
constexpr std::size_t header_bytes = 8;

// Bytes go to the file and into its digest.
class hashed_file {
 public:
  explicit hashed_file(writable_file& file) noexcept : file_(file) {}
  [[nodiscard]] result<void> write(std::string_view bytes) {
    digest_.add(bytes);
    bytes_ += bytes.size();
    return file_.write(bytes, -1);
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string digest() { return digest_.finish(); }

 private:
  writable_file& file_;
  sha256 digest_;
  std::uint64_t bytes_ = 0;
};

result<void> write_blocks(hashed_file& out, const std::vector<std::string>& blocks) {
  if (const auto done = out.write(magic_bytes); !done) return done;
  std::string header;
  for (const std::string& block : blocks) {
    header.clear();
    append_u32(header, static_cast<std::uint32_t>(block.size()));
    append_u32(header, crc32c(block));
    if (const auto done = out.write(header); !done) return done;
    if (const auto done = out.write(block); !done) return done;
  }
  return {};
}

}  // namespace

result<manifest_file> write_snapshot_file(file_system& files, const std::string& folder, const std::string& name,
                                          const std::vector<std::string>& blocks) {
  const std::string path = folder + "/" + name;
  auto file = files.create(path);
  if (!file) return file.error();
  hashed_file out(**file);
  if (const auto done = write_blocks(out, blocks); !done) return done.error();
  if (const auto done = (*file)->sync(); !done) return done.error();
  if (const auto done = (*file)->close(); !done) return done.error();
  return manifest_file{name, out.bytes(), out.digest()};
}

result<std::string> read_whole_file(file_system& files, const std::string& path, const manifest_file& known) {
  const auto there = files.status(path);
  if (!there) return error(errc::parse, "a file of the checkpoint is missing", path);
  if (there->bytes != known.bytes) {
    return error(errc::parse,
                 "has " + std::to_string(there->bytes) + " bytes, should have " + std::to_string(known.bytes), path);
  }
  auto file = files.open(path);
  if (!file) return file.error();
  std::string content(static_cast<std::size_t>(known.bytes), '\0');
  for (std::size_t at = 0; at < content.size();) {
    const auto count = (*file)->read(content.data() + at, content.size() - at);
    if (!count) return count.error();
    if (*count == 0) return error(errc::parse, "ends too early", path);
    at += *count;
  }
  if (sha256_of(content) != known.sha256)
    return error(errc::parse, "is damaged: its SHA-256 isn't that of the manifest", path);
  return content;
}

result<std::vector<std::string_view>> blocks_of(std::string_view content) {
  const auto damaged = [](std::size_t at) { return error(errc::parse, "is damaged at byte " + std::to_string(at)); };
  if (!content.starts_with(magic_bytes)) return error(errc::parse, "is no snapshot of a format that is known");
  std::vector<std::string_view> blocks;
  for (std::size_t at = magic_bytes.size(); at < content.size();) {
    if (content.size() - at < header_bytes) return damaged(at);
    const std::size_t size = u32_at(content, at);
    const std::uint32_t checksum = u32_at(content, at + 4);
    if (size > content.size() - at - header_bytes) return damaged(at);
    const std::string_view block = content.substr(at + header_bytes, size);
    if (crc32c(block) != checksum) return damaged(at);
    blocks.push_back(block);
    at += header_bytes + size;
  }
  return blocks;
}

}  // namespace sage::runtime
