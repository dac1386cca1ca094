/// On whose behalf a model is called: what limiters and budgets go by.
#pragma once

#include <cstdint>
#include <string_view>

#include "sage/functions/context.hpp"
#include "sage/functions/tasks/task_loop.hpp"
#include "sage/llm/chat.hpp"
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

/// What an answer may take, as far as its request says; an assumption where it doesn't bound it.
[[nodiscard]] inline std::uint64_t expected_output_tokens(const chat_request& request) noexcept {
  constexpr std::uint64_t output_tokens_assumed = 256;
  return request.output_tokens_max.value_or(output_tokens_assumed);
}

/// 64 random bits of the call's surroundings, or a fixed pattern where a test started the task without.
[[nodiscard]] inline std::uint64_t random_of(const functions::task_scope& scope) noexcept {
  return scope.self() ? scope.self()->random() : 0x9e3779b97f4a7c15u;
}

}  // namespace sage::llm
