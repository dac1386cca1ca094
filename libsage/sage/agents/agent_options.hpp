/// How an agent operator runs its agents.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sage {

class agent_resources;
namespace agents {
class effect_journal;
}

/// Bounds of an agent operator, per instance unless it says otherwise.
struct agent_options {
  std::size_t capacity = 64;                   ///< turns that run at once
  std::uint32_t steps_max = 8;                 ///< calls of the model per chat, unless the chat says otherwise
  std::uint32_t tool_calls_max = 32;           ///< per chat
  std::uint64_t tokens_max = 200'000;          ///< per chat, input and output
  std::chrono::milliseconds deadline{60'000};  ///< of one turn
  std::size_t waiting_max = 4096;              ///< requests that wait for their turn, in all
  std::size_t waiting_per_key_max = 8;         ///< of one conversation; at either bound the input stops
  std::size_t conversations_max = 100'000;     ///< whose state is kept; beyond, the one idle longest is forgotten
  std::shared_ptr<const agent_resources> resources = nullptr;  ///< models, tools, prompts
  /// Keeps conversations and what turns have done beyond the life of the process: see open_effect_journal. State,
  /// records and answers must be described.
  std::shared_ptr<agents::effect_journal> journal = nullptr;
};

}  // namespace sage
