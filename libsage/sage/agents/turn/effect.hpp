/// What an agent does beyond computing, each with an identity that is the same whenever the turn runs again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sage/model/describe.hpp"

namespace sage {

enum class effect_kind : std::uint8_t {
  chat,    ///< a call of a model
  tool,    ///< a call of a tool
  call,    ///< `self.effect(name, key, function)`
  sleep,   ///< until a moment
  clock,   ///< the wall clock was read
  random,  ///< random bits were drawn
};
SAGE_DESCRIBE_ENUM(effect_kind, chat, tool, call, sleep, clock, random)

/// Names an effect. Conversation and turn belong to the agent; the path names the step within the turn, by branch.
struct effect_id {
  std::string conversation;
  std::uint64_t turn = 0;
  std::string path;
  friend bool operator==(const effect_id&, const effect_id&) = default;
};
SAGE_DESCRIBE(effect_id, conversation, turn, path)

/// An effect and what came of it: enough to go on from without acting again.
struct recorded_effect {
  std::string path;
  effect_kind kind = effect_kind::call;
  std::string name;  ///< of the model, the tool, the call
  std::string key;   ///< of the call; of a model's request its fingerprint, of a tool's its arguments'
  bool failed = false;
  std::string value;  ///< JSON, or what it failed with
  friend bool operator==(const recorded_effect&, const recorded_effect&) = default;
};
SAGE_DESCRIBE(recorded_effect, path, kind, name, key, failed, value)

}  // namespace sage
