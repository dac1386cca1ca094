/// What an effect journal says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/agents/turn/effect.hpp"
#include "sage/model/describe.hpp"
#include "sage/model/dynamic_value.hpp"

namespace sage::agents {

// The kinds of its frames.
inline constexpr char frame_of_begin = 'T';
inline constexpr char frame_of_intent = 'I';
inline constexpr char frame_of_result = 'R';
inline constexpr char frame_of_end = 'E';
inline constexpr char frame_of_failure = 'F';
inline constexpr char frame_of_head = 'J';

/// Begins the file.
struct journal_head {
  std::uint32_t format = 1;
  std::uint64_t next_turn = 1;  ///< numbers below are used
};
SAGE_DESCRIBE(journal_head, format, next_turn)

/// Names a turn, the same whenever it runs again.
struct turn_name {
  std::string agent;         ///< uid of the operator
  std::string conversation;  ///< its key
  std::string request;       ///< of the client: its Idempotency-Key, or an id of our own
  friend bool operator==(const turn_name&, const turn_name&) = default;
};
SAGE_DESCRIBE(turn_name, agent, conversation, request)

/// A turn begins.
struct turn_begin {
  std::uint64_t turn = 0;  ///< its number in this journal
  turn_name name;
  std::int64_t at_ms = 0;
  byte_string input;  ///< the record, as MessagePack
};
SAGE_DESCRIBE(turn_begin, turn, name, at_ms, input)

/// It is about to act.
struct effect_intent {
  std::uint64_t turn = 0;
  std::string path;
  effect_kind kind = effect_kind::call;
  std::string name;
  std::string key;
};
SAGE_DESCRIBE(effect_intent, turn, path, kind, name, key)

/// It has acted.
struct effect_result {
  std::uint64_t turn = 0;
  recorded_effect effect;
};
SAGE_DESCRIBE(effect_result, turn, effect)

/// It has ended well. The state holds for the conversation's next turn.
struct turn_end {
  std::uint64_t turn = 0;
  turn_name name;
  std::int64_t at_ms = 0;
  std::string input_digest;  ///< of the record that was answered
  std::uint64_t turns = 0;   ///< that the conversation has had
  bool remembers = true;     ///< whether anybody will ask for the state
  byte_string state;
  std::vector<byte_string> answers;
};
SAGE_DESCRIBE(turn_end, turn, name, at_ms, input_digest, turns, remembers, state, answers)

/// It has failed: it runs again when somebody asks again, with what it had done.
struct turn_failure {
  std::uint64_t turn = 0;
};
SAGE_DESCRIBE(turn_failure, turn)

}  // namespace sage::agents
