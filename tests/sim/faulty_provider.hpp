/// A provider of a chat model under virtual time: it allows so many calls at once, and misbehaves.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage::test {

/// How often a call goes wrong, in thousandths.
struct provider_faults {
  std::uint32_t overloaded = 0;   ///< 5xx, sometimes with a Retry-After
  std::uint32_t reset = 0;        ///< the connection breaks inside the answer
  std::uint32_t hangs = 0;        ///< nothing comes, until our time-out
  std::uint32_t slow = 0;         ///< ten times as long as usual
  std::uint32_t bad_calls = 0;    ///< tool calls that make no sense
  std::uint32_t endless = 0;      ///< calls tools for ever
  bool sends_retry_after = true;  ///< with its 429
};

/// Answers after some tool calls, as many as the first word of the user's text says ("3 ..."), with "done" and the
/// rest of the text. Refuses with 429 what is more than `allowed` at once, as it counts: a call arrives a network's
/// delay after it was sent, and one that was hung up on leaves as late.
class faulty_provider final : public chat_model {
 public:
  static constexpr std::uint32_t allowed = 8;

  faulty_provider(std::mt19937_64& random, provider_faults faults) : random_(random), faults_(faults) {}

  // What was seen.
  std::uint64_t calls = 0;
  std::uint64_t answers = 0;
  std::uint64_t refusals = 0;
  nanoseconds first_refusal = 0;
  nanoseconds last_refusal = 0;
  std::uint32_t serving_peak = 0;
  std::uint64_t trace = 0;  ///< a digest of all that happened, in order

  [[nodiscard]] std::uint32_t serving() const noexcept { return serving_; }
  [[nodiscard]] std::string_view name() const noexcept override { return "faulty"; }

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    const functions::task_scope& scope = co_await functions::here();
    const clock& time = scope.loop().time();
    note(++calls, time.now());
    co_await sleep_for(network());
    if (serving_at(time.now()) >= allowed) {
      ++refusals;
      last_refusal = time.now();
      if (first_refusal == 0) first_refusal = last_refusal;
      co_await sleep_for(network());
      fail(llm::provider_failure::throttled, "too many requests", faults_.sends_retry_after ? 500 : 0);
    }
    place held(*this, time);
    if (happens(faults_.hangs)) {
      co_await sleep_for(std::chrono::seconds(30));
      fail(llm::provider_failure::timeout, "nothing was answered for 30000 ms");
    }
    const std::uint32_t slowness = happens(faults_.slow) ? 10 : 1;
    co_await sleep_for(std::chrono::milliseconds(50 + draw(500)) * slowness);
    if (happens(faults_.overloaded)) fail(llm::provider_failure::overloaded, "busy", draw(2) * 1000);
    chat_reply reply = answer(request);
    if (observer) {
      chat_delta half;
      half.text = reply.text.substr(0, reply.text.size() / 2);
      observer->on_delta(half);
      co_await sleep_for(network());
      if (happens(faults_.reset)) fail(llm::provider_failure::cut, "the answer broke off");
      half.text = reply.text.substr(reply.text.size() / 2);
      observer->on_delta(half);
      if (observer->is_full()) co_await observer->room();
    } else if (happens(faults_.reset)) {
      fail(llm::provider_failure::unreachable, "connection reset");
    }
    co_await sleep_for(network());
    ++answers;
    held.end();
    note(answers, time.now());
    co_return reply;
  }

 private:
  // A call that the provider is busy with. One that we hang up on stays until the provider sees it.
  class place {
   public:
    place(faulty_provider& owner, const clock& time) : owner_(owner), time_(time) {
      ++owner_.serving_;
      owner_.serving_peak = std::max(owner_.serving_peak, owner_.serving_at(time_.now()));
    }
    ~place() {
      --owner_.serving_;
      if (!ended_ && std::uncaught_exceptions() == 0) owner_.leaving_.push_back(time_.now() + 20'000'000);
      owner_.note(owner_.serving_, time_.now());
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    void end() noexcept { ended_ = true; }

   private:
    faulty_provider& owner_;
    const clock& time_;
    bool ended_ = false;
  };

  std::uint64_t draw(std::uint64_t bound) { return random_() % bound; }
  bool happens(std::uint32_t thousandths) { return draw(1000) < thousandths; }
  std::chrono::milliseconds network() { return std::chrono::milliseconds(1 + draw(20)); }
  void note(std::uint64_t what, nanoseconds when) noexcept {
    trace = (trace ^ (what * 1'000'003 + static_cast<std::uint64_t>(when))) * 0x9e3779b97f4a7c15u;
  }
  std::uint32_t serving_at(nanoseconds now) {
    while (!leaving_.empty() && leaving_.front() <= now) leaving_.pop_front();
    return serving_ + static_cast<std::uint32_t>(leaving_.size());
  }
  [[noreturn]] void fail(llm::provider_failure failure, std::string message, std::int64_t retry_after_ms = 0) {
    llm::provider_error problem;
    problem.failure = failure;
    problem.retryable = true;
    if (retry_after_ms > 0) problem.retry_after_ms = retry_after_ms;
    problem.message = std::move(message);
    throw llm::model_error(std::move(problem), "faulty");
  }

  chat_reply answer(const chat_request& request) {
    std::size_t steps = 0;
    std::string question;
    for (const chat_message& message : request.messages) {
      if (message.role == chat_role::user) {
        question = message.text;
        steps = 0;
      }
      if (message.role == chat_role::assistant && !message.tool_calls.empty()) ++steps;
    }
    const std::size_t wanted = question.empty() ? 0 : static_cast<std::size_t>(question.front() - '0');
    chat_reply reply;
    reply.model = "faulty";
    reply.usage.input_tokens = 20 * request.messages.size();
    reply.usage.output_tokens = 10 + draw(50);
    const bool is_endless = happens(faults_.endless);
    if (is_endless || (steps < wanted && request.choice != tool_choice::none)) {
      const std::size_t count = 1 + draw(3);
      for (std::size_t i = 0; i < count; ++i) reply.tool_calls.push_back(make_call(i));
      reply.finish = finish_reason::tool_calls;
      return reply;
    }
    reply.text = "done" + question.substr(std::min<std::size_t>(1, question.size()));
    return reply;
  }
  chat_tool_call make_call(std::size_t number) {
    static constexpr const char* names[] = {"get_price", "slow_look", "breaks"};
    chat_tool_call call{"call_" + std::to_string(number), names[draw(3)],
                        R"({"product":")" + std::to_string(draw(9)) + "\"}"};
    if (!happens(faults_.bad_calls)) return call;
    switch (draw(4)) {
      case 0: call.arguments = R"({"product": )"; break;
      case 1: call.arguments = R"({"prodcut":"1","x":[[[]]]})"; break;
      case 2: call.name = "get-price"; break;
      default: call.name = "\u0261et_price"; break;
    }
    return call;
  }

  std::mt19937_64& random_;
  provider_faults faults_;
  std::uint32_t serving_ = 0;
  std::deque<nanoseconds> leaving_;
};

}  // namespace sage::test
