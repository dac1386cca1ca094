/// Walks over the records of a split: reads blocks of bytes, finds where records end, carries what spans blocks.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sage/connectors/file/content_reader.hpp"
#include "sage/connectors/file/stream_wait.hpp"
#include "sage/connectors/file/text_options.hpp"
#include "sage/functions/context.hpp"
#include "sage/model/byte_block.hpp"
#include "sage/operators/source.hpp"

namespace sage::file {

/// Finds the end of a record in bytes that continue those it was given before: the position behind the line end, or
/// npos. `begin_record` forgets what came before.
struct line_finder {
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t find_end(const char* bytes, std::size_t count) noexcept {
    const void* const end = std::memchr(bytes, '\n', count);
    return end ? static_cast<std::size_t>(static_cast<const char*>(end) - bytes) + 1 : npos;
  }
  void begin_record() noexcept {}
};

/// Gives the records of one split after the other as views into the block they were read into. The loop of a reader:
///
///   while (into.size() < records_max && cursor.next(record, finder)) into.emplace_back(record);
///   if (!into.empty()) return read_status::more;
///   ... = cursor.fill();
///
/// so a batch views one block only, and what is there leaves before anything blocks.
///
/// Cost   one look at every byte, one copy of the record that spans two blocks; memory: a block, or twice the
///        longest record
/// Fails  errc::limit for a record that is too long, errc::parse for binary content and broken gzip, errc::io
class record_cursor {
 public:
  explicit record_cursor(const text_options& options) : options_(options) {}

  void open(context& self);
  /// Begins with `part` at `position`, which is its begin or was a `position()` of this split before.
  void start(const split& part, std::uint64_t position);

  /// The next whole record that has been read, with its line end when it has one. False: call `fill`.
  template <class Finder>
  bool next(std::string_view& record, Finder& finder) {
    if (at_ >= limit_) return false;
    std::size_t length = finder.find_end(scanned_, static_cast<std::size_t>(end_ - scanned_));
    if (length == Finder::npos) {
      scanned_ = end_;
      if (!last_) return false;
      length = static_cast<std::size_t>(end_ - at_);  // the last line of a file may lack its end
    } else {
      length += static_cast<std::size_t>(scanned_ - at_);
      finder.begin_record();
    }
    if (length > options_.line_bytes_max) refuse_long_line();
    record = {at_, length};
    at_ += length;
    scanned_ = at_;
    ++lines_;
    return true;
  }
  /// Undoes the last `next`, so that position and place are those of its record.
  void step_back(std::string_view record) noexcept {
    at_ = scanned_ = record.data();
    --lines_;
  }
  /// Reads on, once `next` has nothing more to give. Idle is for streams that have nothing now: the engine was asked
  /// to call again.
  read_status fill();

  /// Tells that a record has spanned so many lines more than one, so that errors can name theirs.
  void count_lines(std::uint64_t lines) noexcept { lines_ += lines; }
  /// Shares the block that the last records are in: they stay valid as long as somebody holds it.
  [[nodiscard]] const ref<byte_block>& share_block() noexcept {
    shared_ = true;
    return block_;
  }
  /// Where in the content the next record begins.
  [[nodiscard]] std::uint64_t position() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Lines of the file before the next one; nothing where they were not counted and can't be any more.
  [[nodiscard]] std::optional<std::uint64_t> lines_before();
  /// Where the next line is, for messages: "logs.txt:4711", or "logs.txt, byte 123456".
  [[nodiscard]] std::string place();
  void close() noexcept;

 private:
  bool make_room();
  void take(std::size_t bytes);
  bool skip_partial_line();
  void look_for_binary() const;
  [[noreturn]] void refuse_long_line();

  text_options options_;
  context* self_ = nullptr;
  ref<batch_pool> pool_;
  std::string name_;
  std::unique_ptr<content_reader> content_;
  stream_wait stream_wait_;
  std::uint64_t split_begin_ = 0;
  std::uint64_t split_end_ = 0;  // records that begin there or behind are another split's
  bool skipping_ = false;        // still in the line that began before the split
  bool last_ = false;            // nothing comes behind what is in the block
  bool lines_known_ = false;
  std::uint64_t lines_ = 0;  // taken since the start

  ref<byte_block> block_;
  bool shared_ = false;            // others view the block: what is in it must stay
  std::uint64_t base_ = 0;         // where in the content the block's first byte is
  std::size_t room_ = 0;           // how much of the block is used
  char* begin_ = nullptr;          // of the block
  char* end_ = nullptr;            // of what has been read
  const char* at_ = nullptr;       // where the next record begins
  const char* scanned_ = nullptr;  // no record ends between at_ and here
  const char* limit_ = nullptr;    // records that begin here or behind are another split's
};

}  // namespace sage::file
