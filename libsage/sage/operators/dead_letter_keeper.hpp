/// The port behind which dead letters are kept, and from which they come back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sage/functions/dead_letter.hpp"
#include "sage/model/record_packing.hpp"
#include "sage/operators/operator.hpp"
#include "sage/operators/source.hpp"

namespace sage {

/// Says that the replays up to a number have been handed on: what a keeper's source tells its sink, in order with the
/// records.
struct replay_progress {
  std::uint64_t number = 0;
};

/// An input of an operator into which dead letters go back.
struct replay_target {
  std::string uid;          ///< of the operator
  std::string name;         ///< of the operator, for messages
  std::uint32_t input = 0;  ///< of the operator
  const record_packing* packing = nullptr;
};

/// Keeps dead letters beyond the life of a job. One job at a time has it.
class dead_letter_keeper {
 public:
  virtual ~dead_letter_keeper() = default;
  /// A sink with the inputs dead_letter and replay_progress.
  [[nodiscard]] virtual operators::operator_ptr make_sink() = 0;
  /// What the source will read: one split.
  [[nodiscard]] virtual source_plan plan_replays() = 0;
  /// A source that emits on port i what goes back to `targets[i]`, behind the last of them `replay_progress`, and
  /// letters that can't go back on the port of dead letters.
  [[nodiscard]] virtual operators::source_ptr make_replays(std::vector<replay_target> targets) = 0;
};

}  // namespace sage
