#include "sage/connectors/file/record_cursor.hpp"

#include <algorithm>
#include <limits>

namespace sage::file {

namespace {

constexpr std::uint64_t unknown_end = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t binary_check_bytes = 8u << 10;
constexpr std::size_t block_bytes_min = 4u << 10;
// Reading a file again to find the number of a line takes a fraction of a second up to here.
constexpr std::uint64_t recount_bytes_max = 1u << 30;

}  // namespace

void record_cursor::open(context& self) {
  self_ = &self;
  pool_ = self.pool();
}

void record_cursor::start(const split& part, std::uint64_t position) {
  // The byte before the split says whether its first line began before it.
  skipping_ = position == part.begin && position > 0 && part.end > part.begin;
  const std::uint64_t from = skipping_ ? position - 1 : position;
  content_ = std::make_unique<content_reader>(*options_.files, part.name, from);
  name_ = content_->name();
  split_begin_ = part.begin;
  split_end_ = part.end > part.begin ? part.end : unknown_end;
  stream_wait_ = {};
  last_ = false;
  lines_ = 0;
  lines_known_ = position == 0;
  block_.reset();
  room_ = 0;
  shared_ = false;
  base_ = from;
  begin_ = end_ = nullptr;
  at_ = scanned_ = limit_ = nullptr;
}

std::uint64_t record_cursor::position() const noexcept {
  return skipping_ ? split_begin_ : base_ + static_cast<std::uint64_t>(at_ - begin_);
}

read_status record_cursor::fill() {
  if (!skipping_ && (position() >= split_end_ || (last_ && at_ == end_))) return read_status::end_of_split;
  if (last_) return read_status::end_of_split;
  if (!stream_wait_.is_ready(*content_, *self_)) return read_status::idle;
  const bool at_beginning = base_ == 0 && end_ == begin_;
  if (!make_room()) refuse_long_line();
  const std::size_t count = content_->read(end_, room_ - static_cast<std::size_t>(end_ - begin_));
  take(count);
  if (count == 0 && content_->has_ended()) {
    if (split_end_ != unknown_end && base_ + static_cast<std::uint64_t>(end_ - begin_) < split_end_) {
      throw error(errc::io, "became shorter while it was read", name_, "read a file that isn't being written");
    }
    last_ = true;
    if (skipping_ || at_ == end_) return read_status::end_of_split;
    return read_status::more;
  }
  if (at_beginning && count > 0) {
    if (!options_.allow_binary) look_for_binary();
    if (options_.skip_byte_order_mark && std::string_view(begin_, count).starts_with("\xef\xbb\xbf")) {
      at_ = scanned_ = begin_ + 3;
    }
  }
  if (skipping_ && !skip_partial_line()) return read_status::end_of_split;
  return read_status::more;
}

// Puts what is left of the block to the front of it, or of a new one when others view it. False when that is more
// than a line may be.
bool record_cursor::make_room() {
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (left > options_.line_bytes_max) return false;
  const auto used = static_cast<std::size_t>(end_ - begin_);
  // A stream fills a block piece by piece; views of its front don't mind.
  if (room_ - used > room_ / 4) return true;
  std::size_t wanted = options_.block_bytes;
  if (split_end_ != unknown_end) {
    // Small files get small blocks; one byte more, so that their end shows at once.
    const std::uint64_t rest = split_end_ - std::min(split_end_, base_ + used);
    wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(wanted, std::max<std::uint64_t>(rest + 1, block_bytes_min)));
  }
  // Twice as much as is carried, so that a long line is copied few times.
  wanted = std::max(wanted, static_cast<std::size_t>(
                                std::min<std::uint64_t>(2 * left, options_.line_bytes_max + options_.block_bytes)));
  const auto scanned = static_cast<std::size_t>(scanned_ - at_);
  base_ += used - left;
  if (block_ && !shared_ && left <= room_ / 2) {
    std::memmove(begin_, at_, left);
  } else {
    // The pool has powers of two, and the block's header is part of them.
    room_ = wanted > block_bytes_min ? wanted - sizeof(byte_block) : wanted;
    const ref<byte_block> fresh = byte_block::make(pool_, room_);
    if (left > 0) std::memcpy(fresh->data(), at_, left);
    block_ = fresh;
    shared_ = false;
    begin_ = block_->data();
  }
  at_ = begin_;
  scanned_ = at_ + scanned;
  end_ = begin_ + left;
  return true;
}

void record_cursor::take(std::size_t bytes) {
  end_ += bytes;
  const auto there = static_cast<std::uint64_t>(end_ - begin_);
  limit_ = begin_ + std::min(there, split_end_ - std::min(split_end_, base_));
}

// Forgets bytes up to the first line end. False when the split ends before.
bool record_cursor::skip_partial_line() {
  const void* const found = std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_));
  at_ = found ? static_cast<const char*>(found) + 1 : end_;
  scanned_ = at_;
  const std::uint64_t reached = base_ + static_cast<std::uint64_t>(at_ - begin_);
  if (found) skipping_ = false;
  return reached < split_end_;
}

void record_cursor::look_for_binary() const {
  const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(end_ - begin_), binary_check_bytes);
  const void* const found = std::memchr(begin_, '\0', count);
  if (!found) return;
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(found) - begin_);
  throw error(errc::parse, "isn't text: a NUL byte at byte " + std::to_string(offset), name_,
              "convert it (UTF-16: iconv -f UTF-16 -t UTF-8), or say allow_binary()");
}

void record_cursor::refuse_long_line() {
  const bool rows = options_.records_span_lines;
  throw error(errc::limit,
              (rows ? "a row is longer than " : "a line is longer than ") + std::to_string(options_.line_bytes_max) +
                  " bytes",
              place(),
              rows ? "a quote that is never closed? else raise line_bytes_max"
                   : "check that it is text with line ends, or raise line_bytes_max");
}

std::optional<std::uint64_t> record_cursor::lines_before() {
  if (lines_known_) return lines_;
  if (!content_ || content_->is_stream() || position() > recount_bytes_max) return std::nullopt;
  std::uint64_t left = position();
  std::uint64_t lines = 0;
  try {
    content_reader again(*options_.files, name_, 0);
    const std::size_t room = options_.block_bytes;
    const auto bytes = std::make_unique<char[]>(room);
    while (left > 0 && !again.has_ended()) {
      const std::size_t count =
          again.read(bytes.get(), static_cast<std::size_t>(std::min<std::uint64_t>(room, left)));
      lines += static_cast<std::uint64_t>(std::count(bytes.get(), bytes.get() + count, '\n'));
      left -= count;
    }
  } catch (const error&) {
    return std::nullopt;  // the caller reports something else, and says the byte instead of the line
  }
  if (left > 0) return std::nullopt;
  return lines;
}

std::string record_cursor::place() {
  if (const auto lines = lines_before()) return name_ + ":" + std::to_string(*lines + 1);
  return name_ + ", byte " + std::to_string(position());
}

void record_cursor::close() noexcept {
  content_.reset();
  block_.reset();
  room_ = 0;
  begin_ = end_ = nullptr;
  at_ = scanned_ = limit_ = nullptr;
}

}  // namespace sage::file
