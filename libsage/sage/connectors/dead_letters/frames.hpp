/// The frames of a dead-letter queue. docs/formats/dead_letters.md has the grammar.
#pragma once

#include <string>

#include "sage/state/log_frames.hpp"

namespace sage::letters {

using state::frame_bytes_max;
using state::frame_reader;
using state::read_content;
using state::read_frame;

/// What a frame holds.
struct frame_kind {
  static constexpr char segment = 'S';  ///< the first of a file of letters: segment_head
  static constexpr char letter = 'L';   ///< kept_letter
  static constexpr char commit = 'C';   ///< committed
  static constexpr char edit = 'E';     ///< edited_letter
  static constexpr char replay = 'R';   ///< asked_replay
  static constexpr char purge = 'P';    ///< purged_letter
  static constexpr char base = 'B';     ///< the first of a file of changes: changes_base
};

using state::append_frame;
using state::append_frame_of;

}  // namespace sage::letters
