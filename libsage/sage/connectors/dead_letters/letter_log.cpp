#include "sage/connectors/dead_letters/letter_log.hpp"

#include <algorithm>
#include <utility>

#include "sage/model/msgpack.hpp"

namespace sage::letters {

namespace {

constexpr std::uint64_t segment_most = 16u << 20;
constexpr std::uint64_t segment_least = 4u << 10;
constexpr std::size_t buffer_most = 64u << 10;

}  // namespace

letter_log::letter_log(file_system& files, log_options options)
    : files_(files),
      options_(std::move(options)),
      folder_(files, options_.folder),
      segment_max_(std::clamp(options_.bytes_max / 8, segment_least, segment_most)) {}

void letter_log::open(bool goes_on) {
  files_.make_folder(options_.folder).value();
  auto taken = files_.lock(folder_.lock_path());
  if (!taken) {
    if (taken.error().code() != errc::invalid_argument) throw taken.error();
    throw error(errc::invalid_argument, "another job keeps its dead letters here", options_.folder,
                "give each job a directory of its own, or wait until that one has ended");
  }
  lock_ = std::move(*taken);
  if (goes_on) return;
  folder_.compact();
  known_ = folder_.facts();
  next_ = known_.at.last + 1;
  replays_ = known_.at.replays;
  removed_ = known_.at.removed;
  begin_segment();
  flush();
  sync();
  remove_empty_segments();
}

// Runs without dead letters leave a file each. What such a file says of others is in the newest one, on the disk.
void letter_log::remove_empty_segments() {
  for (std::size_t i = known_.segments.size() - 1; i-- > 0;) {
    const segment_file& one = known_.segments[i];
    const bool has_letters = one.first != segment_file::no_letter && one.first < known_.first_from(i + 1);
    if (has_letters || one.whole_bytes != one.bytes) continue;
    files_.remove(one.path).value();
    known_.segments.erase(known_.segments.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void letter_log::recover(std::string_view pending) {
  if (pending.empty()) {  // the queue is new in this job
    lock_.reset();
    open(false);
    return;
  }
  const auto at = from_msgpack<committed>(pending).value();
  known_ = folder_.facts();
  next_ = at.last + 1;
  replays_ = at.replays;
  removed_ = std::max(at.removed, known_.at.removed);
  cut_behind(at.last);
  known_.at = committed{at.last, at.replays, removed_};
  begin_segment();
  flush();
  sync();
}

// Letters behind the checkpoint will be written again. Those of older files are told by the head of the next one.
void letter_log::cut_behind(std::uint64_t number) {
  while (!known_.segments.empty() && known_.segments.back().first > number) {
    files_.remove(known_.segments.back().path).value();
    known_.segments.pop_back();
  }
}

void letter_log::begin_segment() {
  if (file_) file_->close().value();
  const std::uint64_t order = known_.segments.empty() ? 1 : known_.segments.back().order + 1;
  segment_file made{folder_.segment_path(order), order, next_};
  file_ = files_.create(made.path).value();
  known_.segments.push_back(std::move(made));
  names_are_new_ = true;
  std::string head;
  append_frame_of(head, frame_kind::segment, segment_head{1, next_});
  // So that whoever sees this file alone knows what was committed before it.
  append_frame_of(head, frame_kind::commit, known_.at);
  write(head);
}

void letter_log::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= buffer_most) flush();
}

void letter_log::flush() {
  if (buffer_.empty()) return;
  file_->write(buffer_, -1).value();
  known_.segments.back().bytes += buffer_.size();
  buffer_.clear();
}

void letter_log::sync() {
  file_->sync().value();
  if (names_are_new_) files_.sync_folder(options_.folder).value();
  names_are_new_ = false;
}

void letter_log::make_room(std::uint64_t bytes) {
  const auto is_full = [&] { return known_.bytes() + buffer_.size() + bytes > options_.bytes_max; };
  if (!is_full()) return;
  if (options_.full == when_full::drop_oldest) {
    while (is_full() && known_.segments.size() > 1) {
      removed_ += known_.first_from(1) - known_.first_from(0);
      files_.remove(known_.segments.front().path).value();
      known_.segments.erase(known_.segments.begin());
    }
    return;
  }
  throw error(errc::limit, "the dead letters are full: " + std::to_string(options_.bytes_max) + " bytes",
              options_.folder, "purge some, allow more bytes, or let the oldest make room");
}

void letter_log::add(kept_letter letter) {
  letter.number = next_;
  std::string bytes;
  append_frame_of(bytes, frame_kind::letter, letter);
  make_room(bytes.size());
  write(bytes);
  ++next_;
}

void letter_log::prepare(std::uint64_t epoch) {
  flush();
  sync();
  prepared_.emplace_back(epoch, committed{next_ - 1, replays_, removed_});
}

std::string letter_log::pending() const {
  return to_msgpack(prepared_.empty() ? known_.at : prepared_.back().second);
}

void letter_log::append_commit(const committed& what) {
  std::string bytes;
  append_frame_of(bytes, frame_kind::commit, what);
  write(bytes);
  flush();
  sync();
  known_.at = what;
}

void letter_log::commit(std::uint64_t epoch) {
  const auto found =
      std::find_if(prepared_.begin(), prepared_.end(), [&](const auto& one) { return one.first == epoch; });
  if (found == prepared_.end()) return;  // committed before a crash
  const committed what = found->second;
  prepared_.erase(prepared_.begin(), std::next(found));  // those before it were given up
  if (what.last != known_.at.last || what.replays != known_.at.replays || what.removed != known_.at.removed) {
    append_commit(what);
  }
  if (known_.segments.back().bytes >= segment_max_) begin_segment();
}

}  // namespace sage::letters
