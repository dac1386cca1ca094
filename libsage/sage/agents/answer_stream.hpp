/// Streams an agent's answer to whoever asked.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sage/functions/tasks/emitter.hpp"
#include "sage/llm/answer_part.hpp"
#include "sage/llm/chat_model.hpp"

namespace sage {

/// Turns what a model writes into answer parts:
///
///     sage::task<> shop_agent(sage::agent<state>& self, question in, sage::emitter<sage::answer_part>& out) {
///       sage::answer_stream answer(out);
///       auto reply = co_await self.chat("main").user(in.text).observe(answer);
///       answer.end(reply.reply);
///     }
///
/// Only text is shown: tools are the agent's own business. While the client can't take more, the model waits. What a
/// client has seen can't be taken back: an answer that breaks off then fails instead of being begun again.
class answer_stream final : public chat_observer {
 public:
  /// `model` is who answers, for readers that want to know it with the first piece.
  explicit answer_stream(emitter<answer_part>& out, std::string model = {}) noexcept
      : out_(out), model_(std::move(model)) {}

  void on_delta(const chat_delta& piece) override {
    if (!piece.text.empty()) say(piece.text, piece.logprobs);
  }
  /// What was sent was read.
  [[nodiscard]] bool takes_back() const override { return false; }
  [[nodiscard]] bool is_full() const override { return out_.is_full(); }
  task<> room() override { co_await out_.room(); }

  /// Says something of the agent's own.
  void say(std::string text) { say(std::move(text), {}); }
  /// Ends the answer. `reply` is the model's last: its text is sent too if nothing of it was.
  void end(const chat_reply& reply) { end(reply, reply.usage); }
  void end(const chat_reply& reply, const chat_usage& usage) {
    answer_part last;
    last.number = number_++;
    if (!has_said_) {
      last.text = reply.text;
      last.logprobs = reply.logprobs;
    }
    last.done = true;
    last.model = reply.model.empty() ? model_ : reply.model;
    last.finish = reply.finish == finish_reason::tool_calls ? finish_reason::stop : reply.finish;
    last.usage = usage;
    out_.push(std::move(last));
  }

 private:
  void say(std::string text, std::vector<token_logprob> logprobs) {
    answer_part part;
    part.number = number_++;
    part.text = std::move(text);
    part.model = model_;
    part.logprobs = std::move(logprobs);
    has_said_ = true;
    out_.push(std::move(part));
  }

  emitter<answer_part>& out_;
  std::string model_;
  std::uint32_t number_ = 0;
  bool has_said_ = false;
};

}  // namespace sage
