#include "sage/connectors/file/gzip_decoder.hpp"

#include <algorithm>
#include <limits>
#include <string>

#ifdef SAGE_HAS_ZLIB

#include <zlib.h>

namespace sage::file {

struct gzip_decoder::stream {
  z_stream z{};
  bool ready = false;

  stream() { ready = inflateInit2(&z, 15 + 16) == Z_OK; }  // the largest window; gzip's own header
  ~stream() {
    if (ready) inflateEnd(&z);
  }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
};

gzip_decoder::gzip_decoder() : stream_(std::make_unique<stream>()) {}
gzip_decoder::~gzip_decoder() = default;

namespace {

error broken(const std::string& what, std::uint64_t offset) {
  return error(errc::parse, what + " at byte " + std::to_string(offset) + " of the packed file", "",
               "the file is damaged or was not copied completely: try gzip -t");
}

}  // namespace

result<std::size_t> gzip_decoder::decode(std::string_view& packed, char* into, std::size_t room) {
  if (!stream_->ready) return error(errc::internal, "zlib did not start: out of memory?");
  z_stream& z = stream_->z;
  const auto take = [&](std::size_t bytes) {
    packed.remove_prefix(bytes);
    taken_bytes_ += bytes;
  };
  while (!packed.empty() || room_ran_out_) {
    if (place_ == place::padding) {
      // Tapes fill up their last block with zeros; anything else isn't part of a gzip file.
      const std::size_t zeros = std::min(packed.find_first_not_of('\0'), packed.size());
      take(zeros);
      if (!packed.empty()) return broken("gzip: there is something else behind its end", taken_bytes_);
      return std::size_t{0};
    }
    if (place_ == place::between) {
      room_ran_out_ = false;  // a member that has ended holds nothing back
      if (packed.empty()) break;
      if (packed.front() == '\0') {
        place_ = place::padding;
        continue;
      }
      inflateReset(&z);
      place_ = place::member;
    }
    constexpr std::size_t step_max = std::numeric_limits<uInt>::max();
    const std::size_t given = std::min(packed.size(), step_max);
    const std::size_t asked = std::min(room, step_max);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib reads it only
    z.avail_in = static_cast<uInt>(given);
    z.next_out = reinterpret_cast<Bytef*>(into);
    z.avail_out = static_cast<uInt>(asked);
    const int status = inflate(&z, Z_NO_FLUSH);
    take(given - z.avail_in);
    const std::size_t made = asked - z.avail_out;
    room_ran_out_ = z.avail_out == 0;
    if (status == Z_STREAM_END) {
      place_ = place::between;
    } else if (status == Z_MEM_ERROR) {
      return error(errc::internal, "zlib is out of memory");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return broken(std::string("gzip: ") + (z.msg ? z.msg : "broken"), taken_bytes_);
    }
    if (made > 0) return made;
    if (asked == 0) break;
  }
  return std::size_t{0};
}

result<void> gzip_decoder::finish() const {
  if (place_ == place::member) return broken("gzip: it ends too early,", taken_bytes_);
  return {};
}

}  // namespace sage::file

#else

namespace sage::file {

struct gzip_decoder::stream {};

gzip_decoder::gzip_decoder() = default;
gzip_decoder::~gzip_decoder() = default;

result<std::size_t> gzip_decoder::decode(std::string_view& packed, char* into, std::size_t room) {
  static_cast<void>(packed), static_cast<void>(into), static_cast<void>(room);
  return error(errc::unsupported, "gzip files can't be read: SAGE was built without zlib", "",
               "unpack them first, or build SAGE with zlib1g-dev installed");
}

result<void> gzip_decoder::finish() const {
  return {};
}

}  // namespace sage::file

#endif
