/// Think, act, observe: the loop between a model and its tools, without either.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/llm/chat.hpp"

namespace sage::agents {

/// Bounds of one loop.
struct loop_limits {
  std::uint32_t steps_max = 8;         ///< calls of the model
  std::uint32_t tool_calls_max = 32;   ///< in all
  std::uint64_t tokens_max = 200'000;  ///< input and output of all calls
  std::uint32_t repairs_max = 2;       ///< answers that may be no JSON of the wanted shape
};

/// What a tool call is answered with.
struct tool_observation {
  std::string text;
  bool refused = false;
};

/// Pure state machine: says what to do next, is told what came of it.
///
/// Law  every tool call of a reply is answered before the model is asked again, in the order of the calls
/// Law  the last step may call no tools, so a model that calls tools for ever ends in an answer or in errc::limit
class chat_loop {
 public:
  enum class need : std::uint8_t {
    model,     ///< call the model with `request()`
    tools,     ///< call `calls()`, in parallel
    nothing,   ///< `reply()` is the answer
    hand_off,  ///< another agent takes over: `handed_to()`
  };

  chat_loop(chat_request request, loop_limits limits);

  /// Names of agents that may be handed over to: offered to the model as one tool.
  void offer_hand_off(std::vector<std::string> agents);

  [[nodiscard]] need next() const noexcept { return need_; }
  [[nodiscard]] const chat_request& request() const noexcept { return request_; }
  [[nodiscard]] const std::vector<chat_tool_call>& calls() const noexcept { return reply_.tool_calls; }

  /// Throws errc::limit when a bound is reached, and says which.
  void on_reply(chat_reply reply);
  void on_observations(std::vector<tool_observation> observations);
  /// The answer isn't what was asked for: ask again, telling why. Throws errc::parse when that was tried often
  /// enough.
  void on_unusable_answer(const std::string& why);

  [[nodiscard]] const chat_reply& reply() const noexcept { return reply_; }
  [[nodiscard]] chat_reply take_reply() { return std::move(reply_); }
  [[nodiscard]] const std::string& handed_to() const noexcept { return handed_to_; }
  /// Messages that this loop has added to the conversation, oldest first, without the answer.
  [[nodiscard]] const std::vector<chat_message>& added() const noexcept { return added_; }
  [[nodiscard]] std::vector<chat_message> take_added() { return std::move(added_); }
  [[nodiscard]] const chat_usage& usage() const noexcept { return usage_; }
  [[nodiscard]] std::uint32_t steps() const noexcept { return steps_; }
  [[nodiscard]] std::uint32_t tool_calls() const noexcept { return tool_calls_; }

 private:
  void add(chat_message message);
  void ask_again();
  bool take_hand_off();

  chat_request request_;
  loop_limits limits_;
  tool_choice choice_;  // of all but the last step
  std::vector<std::string> agents_;
  need need_ = need::model;
  chat_reply reply_;
  std::string handed_to_;
  std::vector<chat_message> added_;
  chat_usage usage_;
  std::uint32_t steps_ = 0;
  std::uint32_t tool_calls_ = 0;
  std::uint32_t repairs_ = 0;
};

/// What the model calls the tool that hands over.
inline constexpr std::string_view hand_off_tool = "hand_off";

}  // namespace sage::agents
