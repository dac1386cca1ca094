/// A folder of dead letters as anybody may read it, and change it while a job writes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/connectors/dead_letters/entries.hpp"
#include "sage/connectors/dead_letters/frames.hpp"

namespace sage::letters {

/// Where a letter stands.
enum class letter_state : std::uint8_t {
  waiting,   ///< nobody has asked for anything
  marked,    ///< to be tried again by the job that runs, or by the next one
  replayed,  ///< a job has taken it
};
[[nodiscard]] std::string_view to_string(letter_state state) noexcept;

/// A file of letters.
struct segment_file {
  std::string path;
  std::uint64_t order = 0;  ///< by which files follow each other
  static constexpr std::uint64_t no_letter = ~std::uint64_t{0};
  std::uint64_t first =
      no_letter;  ///< number of its first letter; none where whoever made it died before it had a head
  std::uint64_t bytes = 0;
  std::uint64_t whole_bytes = 0;  ///< up to here its frames are whole
};

/// All that is known of a folder but its letters.
struct folder_facts {
  std::vector<segment_file> segments;  ///< the oldest first
  committed at;
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  /// The number of the first letter in this segment, or else in those behind it.
  [[nodiscard]] std::uint64_t first_from(std::size_t segment) const noexcept;
};

/// What people have asked for.
struct folder_changes {
  std::map<std::uint64_t, byte_string> edits;      ///< by letter
  std::map<std::uint64_t, std::uint64_t> replays;  ///< the last one of each letter
  std::map<std::uint64_t, bool> purged;            ///< by letter
  std::uint64_t last_replay = 0;
  std::uint64_t whole_bytes = 0;
};

/// Reads `DIR/letters-0000000001.log...` and `DIR/changes.log`. The folder is read anew by every call.
///
/// Law  a letter is seen when the job that wrote it has committed it: at once without checkpoints, else when the
///      checkpoint is complete
/// Law  a change is on the disk when the call returns
class letter_folder {
 public:
  letter_folder(file_system& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  [[nodiscard]] const std::string& path() const noexcept { return folder_; }
  [[nodiscard]] std::string segment_path(std::uint64_t order) const;
  [[nodiscard]] std::string changes_path() const { return folder_ + "/changes.log"; }
  [[nodiscard]] std::string lock_path() const { return folder_ + "/lock"; }

  /// Throws errc::io, and errc::unsupported for a format that is newer than this program.
  [[nodiscard]] folder_facts facts() const;
  [[nodiscard]] folder_changes changes() const;

  struct listed {
    kept_letter letter;  ///< with its edits
    letter_state state = letter_state::waiting;
    bool edited = false;
  };
  /// Calls `each` for every letter that was not purged, by number, until it returns false. One file of letters is in
  /// memory at a time.
  void for_each(const std::function<bool(listed&)>& each) const;
  /// The letter with this number. Throws errc::not_found.
  [[nodiscard]] listed letter(std::uint64_t number) const;

  /// What `for_each_replay` gives is what was asked for behind the replay `after`, in that order.
  void for_each_replay(std::uint64_t after, const std::function<bool(asked_replay&)>& each) const;
  /// Bytes of the file of changes; 0 where there is none. Grows while a job runs whenever somebody asks for
  /// something.
  [[nodiscard]] std::uint64_t changes_bytes() const;

  /// Asks for letters to be tried again.
  void ask_replays(std::vector<kept_letter> letters);
  void edit(std::uint64_t number, byte_string record);
  void purge(const std::vector<std::uint64_t>& numbers);
  /// Removes what was purged from the disk, and changes that concern nothing any more. The caller holds the lock of
  /// jobs. Returns the letters removed.
  std::uint64_t compact();

 private:
  void for_each_committed(const folder_facts& known, const std::function<bool(kept_letter&)>& each) const;
  void append_changes(const std::function<std::string(const folder_changes&)>& make);
  void rewrite(const std::string& path, const std::string& content);
  [[nodiscard]] std::uint64_t compact_segment(const segment_file& one, std::uint64_t behind,
                                              const folder_changes& known);

  file_system& files_;
  std::string folder_;
};

/// Text for messages: of a number of letters.
[[nodiscard]] std::string letters_text(std::uint64_t count);

}  // namespace sage::letters
