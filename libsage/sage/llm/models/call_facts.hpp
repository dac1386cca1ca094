/// On whose behalf a model is called: what limiters and budgets go by.
#pragma once

#include <cstdint>
#include <string_view>

#include "sage/functions/context.hpp"
#include "sage/functions/tasks/task_loop.hpp"
#include "sage/model/item_scope.hpp"

namespace sage::llm {

/// Views into the item of the call; empty where there is none.
struct call_facts {
  std::string_view item;
  std::string_view conversation;
  std::string_view tenant;
};

[[nodiscard]] inline call_facts facts_of(const functions::task_scope& scope) noexcept {
  const context* const self = scope.self();
  const item_scope* const item = self ? self->item() : nullptr;
  if (!item) return {};
  return {item->request_id(), item->conversation(), item->tenant()};
}

/// 64 random bits of the call's surroundings, or a fixed pattern where a test started the task without.
[[nodiscard]] inline std::uint64_t random_of(const functions::task_scope& scope) noexcept {
  return scope.self() ? scope.self()->random() : 0x9e3779b97f4a7c15u;
}

}  // namespace sage::llm
