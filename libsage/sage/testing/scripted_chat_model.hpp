/// A chat model that does what a test says.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage::testing {

/// How one call goes.
struct scripted_call {
  std::string text;
  std::vector<chat_tool_call> tool_calls;
  std::chrono::milliseconds delay{0};          ///< before the first piece, on the clock of the task
  std::size_t pieces = 1;                      ///< in which the text is shown to an observer
  std::optional<error> failure;                ///< thrown instead, after the delay
  std::optional<llm::provider_error> problem;  ///< the same, as a provider's: an llm::model_error
};

/// Answers from a list, or by a function of request and call number. Thread-safe.
class scripted_chat_model final : public chat_model {
 public:
  using script = std::function<scripted_call(const chat_request& request, std::uint64_t call)>;

  explicit scripted_chat_model(script answer, std::string name = "scripted")
      : answer_(std::move(answer)), name_(std::move(name)) {}
  /// One reply per call; a call beyond the list fails loudly.
  explicit scripted_chat_model(std::vector<scripted_call> replies, std::string name = "scripted")
      : scripted_chat_model(
            [list = std::move(replies)](const chat_request&, std::uint64_t call) {
              if (call < list.size()) return list[call];
              throw error(errc::invalid_argument,
                          "call " + std::to_string(call + 1) + " of a script of " + std::to_string(list.size()),
                          "scripted_chat_model");
            },
            std::move(name)) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    const std::uint64_t call = calls_.fetch_add(1, std::memory_order_relaxed);
    if (keeps_requests_) keep(request);
    const counted running(running_);
    scripted_call its = answer_(request, call);
    if (its.delay.count() > 0) co_await sleep_for(its.delay);
    if (its.failure) throw *its.failure;
    if (its.problem) throw llm::model_error(*its.problem, name_);
    if (observer) {
      for (const chat_delta& piece : cut(its)) {
        observer->on_delta(piece);
        if (observer->is_full()) co_await observer->room();
      }
    }
    chat_reply reply;
    reply.model = request.model.empty() ? name_ : request.model;
    reply.finish = its.tool_calls.empty() ? finish_reason::stop : finish_reason::tool_calls;
    reply.usage.input_tokens = request.messages.size();
    reply.usage.output_tokens = its.text.size() / 4 + 1;
    reply.text = std::move(its.text);
    reply.tool_calls = std::move(its.tool_calls);
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  /// Keeps the requests, for `requests()`. Off by default: a bench makes millions.
  void keep_requests() noexcept { keeps_requests_ = true; }
  [[nodiscard]] std::vector<chat_request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.load(std::memory_order_relaxed); }
  /// Calls that have begun and neither ended nor been stopped.
  [[nodiscard]] std::int64_t running() const noexcept { return running_.load(std::memory_order_relaxed); }

 private:
  struct counted {
    explicit counted(std::atomic<std::int64_t>& its) noexcept : number(its) { ++number; }
    ~counted() { --number; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    std::atomic<std::int64_t>& number;
  };

  void keep(const chat_request& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  // Whole characters always, as the port promises.
  static std::vector<chat_delta> cut(const scripted_call& its) {
    std::vector<chat_delta> pieces;
    const std::size_t size = its.pieces > 0 ? its.text.size() / its.pieces + 1 : its.text.size() + 1;
    for (std::size_t at = 0; at < its.text.size();) {
      std::size_t end = std::min(at + size, its.text.size());
      while (end < its.text.size() && (static_cast<unsigned char>(its.text[end]) & 0xc0) == 0x80) ++end;
      chat_delta piece;
      piece.text = its.text.substr(at, end - at);
      pieces.push_back(std::move(piece));
      at = end;
    }
    for (std::size_t i = 0; i < its.tool_calls.size(); ++i) {
      const chat_tool_call& call = its.tool_calls[i];
      chat_delta piece;
      piece.tool_calls.push_back({static_cast<std::uint32_t>(i), call.id, call.name, call.arguments});
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  script answer_;
  std::string name_;
  bool keeps_requests_ = false;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::int64_t> running_{0};
  mutable std::mutex mutex_;
  std::vector<chat_request> requests_;
};

}  // namespace sage::testing
