/// What the files of a dead-letter queue say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/model/describe.hpp"
#include "sage/model/dynamic_value.hpp"

namespace sage::letters {

/// One dead letter.
struct kept_letter {
  std::uint64_t number = 0;  ///< from 1, in the order in which they were kept
  std::int64_t kept_at_ms = 0;
  std::string job;
  std::string uid;            ///< of the operator that gave up on the record
  std::string operator_name;  ///< of the same
  std::uint32_t instance = 0;
  std::uint32_t input = 0;  ///< of the operator
  std::uint32_t attempts = 0;
  std::string error;
  std::string record_type;
  std::string shown;            ///< the record for people, where it can be shown
  byte_string record;           ///< MessagePack by field name; empty where it can't be encoded
  bool returns = false;         ///< whether it can go back into its operator
  std::int64_t event_time = 0;  ///< milliseconds since the epoch
  bool has_event_time = false;
  std::string traceparent;  ///< of the request it belonged to, or empty
};
SAGE_DESCRIBE(kept_letter, number, kept_at_ms, job, uid, operator_name, instance, input, attempts, error, record_type,
              shown, record, returns, event_time, has_event_time, traceparent)

/// Begins a file of letters.
struct segment_head {
  std::uint32_t format = 1;
  std::uint64_t first = 1;  ///< the number of its first letter; those of older files from there on never were
};
SAGE_DESCRIBE(segment_head, format, first)

/// Letters up to a number are there for good.
struct committed {
  std::uint64_t last = 0;     ///< the number of the last of them
  std::uint64_t replays = 0;  ///< replays up to this number were taken
  std::uint64_t removed = 0;  ///< letters that had to make room, in all
};
SAGE_DESCRIBE(committed, last, replays, removed)

/// Somebody has changed the record.
struct edited_letter {
  std::uint64_t letter = 0;
  byte_string record;
};
SAGE_DESCRIBE(edited_letter, letter, record)

/// Somebody wants it to be tried again.
struct asked_replay {
  std::uint64_t number = 0;  ///< of the replay, from 1
  kept_letter letter;        ///< with its edits
};
SAGE_DESCRIBE(asked_replay, number, letter)

struct purged_letter {
  std::uint64_t letter = 0;
};
SAGE_DESCRIBE(purged_letter, letter)

/// Begins a file of changes.
struct changes_base {
  std::uint32_t format = 1;
  std::uint64_t replays = 0;  ///< replays up to this number are no longer in it
};
SAGE_DESCRIBE(changes_base, format, replays)

}  // namespace sage::letters
