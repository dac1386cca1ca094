/// The end of a dead-letter queue at which a job writes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/connectors/dead_letters/letter_folder.hpp"

namespace sage::letters {

/// What happens to a letter for which there is no room.
enum class when_full : std::uint8_t {
  fail,         ///< the job fails
  drop_oldest,  ///< the oldest letters make room, a file at a time, and are counted
};

struct log_options {
  std::string folder;
  std::uint64_t bytes_max = 1u << 30;
  when_full full = when_full::fail;
};

/// Appends letters in two phases: `prepare` puts them on the disk, `commit` lets others see them. What was not
/// committed when a process died is never seen. One job at a time: the folder is locked from `open` on.
///
/// Every member throws sage::error: errc::invalid_argument while another job has the folder, errc::limit when it is
/// full, errc::io. For one thread at a time.
class letter_log {
 public:
  letter_log(file_system& files, log_options options);

  /// Takes the folder. `goes_on` leaves all that is there as it is, for `recover`.
  void open(bool goes_on);
  /// Goes back to what was prepared when `pending` was asked for, and commits that.
  void recover(std::string_view pending);
  void add(kept_letter letter);
  /// Replays up to `number` have been taken.
  void note_replays(std::uint64_t number) noexcept { replays_ = number > replays_ ? number : replays_; }
  void prepare(std::uint64_t epoch);
  [[nodiscard]] std::string pending() const;
  void commit(std::uint64_t epoch);

 private:
  void begin_segment();
  void remove_empty_segments();
  void write(std::string_view bytes);
  void flush();
  void sync();
  void make_room(std::uint64_t bytes);
  void cut_behind(std::uint64_t number);
  void append_commit(const committed& what);

  file_system& files_;
  log_options options_;
  letter_folder folder_;
  std::unique_ptr<file_lock> lock_;
  std::unique_ptr<writable_file> file_;
  folder_facts known_;  // its last segment is the one that is written
  std::string buffer_;
  std::uint64_t segment_max_;  // bytes after which the next one begins
  std::uint64_t next_ = 1;
  std::uint64_t replays_ = 0;
  std::uint64_t removed_ = 0;
  bool names_are_new_ = false;                                 // the folder has to be synced
  std::vector<std::pair<std::uint64_t, committed>> prepared_;  // by epoch, in order
};

}  // namespace sage::letters
