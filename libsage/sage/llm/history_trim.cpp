#include "sage/llm/history_trim.hpp"

#include <string>
#include <vector>

namespace sage::llm {

namespace {

struct group {
  std::size_t first = 0;  // message
  std::size_t count = 0;
  std::uint64_t tokens = 0;
};

}  // namespace

result<trimmed_history> trim_history(const chat_history& history, std::uint64_t tokens_max, const tokenizer& by) {
  const auto& messages = history.messages;
  std::vector<group> groups;
  trimmed_history kept;
  kept.is_estimate = !by.is_exact();
  std::vector<bool> stays(messages.size(), false);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::uint64_t tokens = count_tokens(by, messages[i]);
    if (messages[i].role == chat_role::system) {
      stays[i] = true;
      kept.tokens += tokens;
    } else if (messages[i].role == chat_role::tool && !groups.empty()) {
      groups.back().count = i + 1 - groups.back().first;
      groups.back().tokens += tokens;
    } else {
      groups.push_back({i, 1, tokens});
    }
  }

  std::size_t begin = groups.size();
  while (begin > 0 && kept.tokens + groups[begin - 1].tokens <= tokens_max) kept.tokens += groups[--begin].tokens;
  if (kept.tokens > tokens_max || (begin == groups.size() && !groups.empty())) {
    const std::uint64_t needed = kept.tokens + (begin == groups.size() && !groups.empty() ? groups.back().tokens : 0);
    return error(errc::limit,
                 "the system messages and the newest message need " + std::to_string(needed) + " tokens" +
                     (kept.is_estimate ? " (estimated)" : "") + ", allowed are " + std::to_string(tokens_max),
                 {}, "shorten the prompt or the message, or allow more tokens");
  }
  // Models are used to conversations that a user begins. A turn whose beginning no longer fits stays as it is.
  if (begin > 0) {
    std::size_t from = begin;
    while (from < groups.size() && messages[groups[from].first].role != chat_role::user) ++from;
    if (from < groups.size()) {
      while (begin < from) kept.tokens -= groups[begin++].tokens;
    }
  }

  for (std::size_t g = begin; g < groups.size(); ++g) {
    for (std::size_t i = 0; i < groups[g].count; ++i) stays[groups[g].first + i] = true;
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (stays[i]) {
      kept.history.messages.push_back(messages[i]);
    } else {
      ++kept.left_out;
    }
  }
  return kept;
}

}  // namespace sage::llm
