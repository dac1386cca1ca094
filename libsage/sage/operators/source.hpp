/// Sources: splits, readers and positions; where records enter the pipeline.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/model/batch.hpp"
#include "sage/operators/operator.hpp"

namespace sage {

/// A part of a source that one reader reads by itself: a byte range of a file, a partition, a range of numbers.
struct split {
  std::string name;          ///< what it is a part of: a path, a topic
  std::uint64_t begin = 0;   ///< first position, inclusive
  std::uint64_t end = 0;     ///< last position, exclusive; equal to `begin` when it isn't known
  std::uint32_t number = 0;  ///< its place among the splits of the source
};

/// What a source will do, asked once before the job starts, on the thread of `execute`/`submit`.
struct source_plan {
  std::vector<split> splits;
  bool blocking = false;            ///< reading may block: the instance gets a thread of its own
  std::uint64_t bytes_total = 0;    ///< for progress; 0 when unknown
  std::uint64_t records_total = 0;  ///< for progress; 0 when unknown
  /// Whether a reader can start at a position where another one has been: else what was read behind the last
  /// checkpoint is gone when a job is taken up again.
  bool replayable = true;
};

/// A split with where to begin in it.
struct split_position {
  split part;
  std::uint64_t position = 0;
  /// The instance that was reading it when a checkpoint was taken, and goes on with it: how far its event time had
  /// come belongs to its splits. Nothing: anybody may read it.
  std::optional<std::uint32_t> reader{};
};

/// What a read has come to.
enum class read_status : std::uint8_t {
  more,          ///< call again when there is credit
  end_of_split,  ///< this split is through
  idle,          ///< nothing to read now; the reader calls `context::wake` when there is
};

/// Reads one split after another for one instance. Called by one thread at a time: open, then for each split
/// start, read in any number; close at last, whatever happened.
template <class T>
class source_reader {
 public:
  virtual ~source_reader() = default;
  virtual void open(context& self) { static_cast<void>(self); }
  /// Begins with `part` at `position` (its begin, or where a checkpoint left off).
  virtual void start(const split& part, std::uint64_t position) = 0;
  /// Appends at most `records_max` records to `into` (which has the room) and says what comes next. May append
  /// fewer, even none: that says that there are no more at this moment, so what was read goes out at once, in small
  /// batches if need be. A reader that blocks does so before its first record, never with records in hand, and only
  /// where its plan says `blocking`. Throws what went wrong.
  virtual read_status read(batch<T>& into, std::size_t records_max) = 0;
  /// The job drains: returns whether reading may stop at once. A reader that holds records it has promised to
  /// deliver returns false, takes no more in, and ends its split when all are read.
  virtual bool drain() { return true; }
  /// Where in the split the next record begins.
  [[nodiscard]] virtual std::uint64_t position() const = 0;
  /// Records given up so far because they could not be read, by a policy of the user; counted as dropped.
  [[nodiscard]] virtual std::uint64_t dropped() const { return 0; }
  virtual void close() {}
};

/// A source descriptor: a value that opens nothing itself, knows its splits and makes one reader per instance.
template <class S>
concept source_descriptor = requires(const S& source) {
  requires std::is_nothrow_move_constructible_v<typename S::record_type>;
  { source.plan() } -> std::same_as<source_plan>;
  { source.make_reader() } -> std::convertible_to<std::unique_ptr<source_reader<typename S::record_type>>>;
};

}  // namespace sage

namespace sage::operators {

/// The untyped face of a source in one instance.
class source_base {
 public:
  virtual ~source_base() = default;
  virtual void open(context& self) = 0;
  virtual void start(const split& part, std::uint64_t position) = 0;
  /// Reads one batch and emits it.
  virtual read_status read(output& out) = 0;
  virtual bool drain() = 0;
  [[nodiscard]] virtual std::uint64_t position() const = 0;
  [[nodiscard]] virtual std::uint64_t dropped() const = 0;
  virtual void close() = 0;
};
using source_ptr = std::unique_ptr<source_base>;

/// Fills batches from a reader, as many records as are there and at most a batch's worth.
///
/// Shape       nothing -> T
/// Emits       what a read has brought, at once
/// Fails       when the reader throws
template <class T>
class source_operator final : public source_base {
 public:
  explicit source_operator(std::unique_ptr<source_reader<T>> reader) : reader_(std::move(reader)) {}

  void open(context& self) override {
    self_ = &self;
    reader_->open(self);
  }
  void start(const split& part, std::uint64_t position) override {
    split_number_ = part.number;
    reader_->start(part, position);
  }
  read_status read(output& out) override {
    auto made = batch<T>::make(self_->pool(), self_->batch_size());
    const read_status status = reader_->read(*made, self_->batch_size());
    if (!made->empty()) {
      made->header.source_split = split_number_;
      made->header.position = reader_->position();
      out.emit(main_port, erase(std::move(made)));
    }
    return status;
  }
  bool drain() override { return reader_->drain(); }
  std::uint64_t position() const override { return reader_->position(); }
  std::uint64_t dropped() const override { return reader_->dropped(); }
  void close() override { reader_->close(); }

 private:
  std::unique_ptr<source_reader<T>> reader_;
  context* self_ = nullptr;
  std::uint32_t split_number_ = 0;
};

}  // namespace sage::operators
