// Budgets around a model: reserve, call, settle what was used, or what was seen to be.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/models/call_facts.hpp"
#include "sage/llm/models/wrappers.hpp"

namespace sage {

namespace {

// Counts what a call is seen to use: an answer that has begun has cost its request, and what has come of it.
class metering_observer final : public chat_observer {
 public:
  metering_observer(chat_observer* to, std::uint64_t input, const llm::tokenizer& tokens) noexcept
      : to_(to), input_(input), counter_(tokens) {}
  void on_delta(const chat_delta& piece) override {
    has_begun_ = true;
    add(piece.text);
    for (const chat_tool_call_delta& call : piece.tool_calls) {
      add(call.name);
      add(call.arguments);
    }
    to_->on_delta(piece);
  }
  void on_restart() override {
    voided_ = tokens();
    output_ = 0;
    has_begun_ = false;
    uncounted_.clear();
    to_->on_restart();
  }
  [[nodiscard]] bool takes_back() const override { return to_->takes_back(); }
  [[nodiscard]] bool is_full() const override { return to_->is_full(); }
  task<> room() override { return to_->room(); }

  /// Null where nobody looks: then nothing is known before the end.
  [[nodiscard]] chat_observer* get() noexcept { return to_ ? this : nullptr; }
  /// Of attempts that came to nothing.
  [[nodiscard]] std::uint64_t voided() const noexcept { return voided_; }
  /// Of all attempts so far.
  [[nodiscard]] std::uint64_t tokens() const {
    return voided_ + (has_begun_ ? input_ + output_ + counter_.count(uncounted_) : 0);
  }

 private:
  void add(std::string_view text) {
    // By the paragraph: single pieces may be parts of words, whole answers are long.
    constexpr std::size_t counted_bytes = 512;
    uncounted_ += text;
    if (uncounted_.size() < counted_bytes) return;
    output_ += counter_.count(uncounted_);
    uncounted_.clear();
  }

  chat_observer* to_;
  std::uint64_t input_;
  const llm::tokenizer& counter_;
  bool has_begun_ = false;
  std::uint64_t output_ = 0;
  std::uint64_t voided_ = 0;
  std::string uncounted_;
};

class budgeted final : public chat_model {
 public:
  budgeted(chat_model_ref inner, std::shared_ptr<budget_port> budget,
           std::shared_ptr<llm::estimating_tokenizer> tokens)
      : inner_(std::move(inner)), budget_(std::move(budget)), tokens_(std::move(tokens)) {}

  task<chat_reply> chat(const chat_request& request, chat_observer* observer) override {
    const functions::task_scope& scope = co_await functions::here();
    const llm::call_facts who = llm::facts_of(scope);
    const std::uint64_t input = llm::count_tokens(*tokens_, request);
    const result<llm::reservation_id> id =
        budget_->reserve({who.item, who.conversation, who.tenant}, input + llm::expected_output_tokens(request),
                         scope.loop().time().now());
    if (!id) throw id.error();
    metering_observer seen(observer, input, *tokens_);
    reservation held(*budget_, *id, seen);
    chat_reply reply = co_await inner_->chat(request, seen.get());
    held.settle(seen.voided() + reply.usage.tokens());
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }

 private:
  // A call that failed or was stopped pays what it was seen to use; one that nothing was seen of is given back.
  class reservation {
   public:
    reservation(budget_port& budget, llm::reservation_id id, const metering_observer& seen) noexcept
        : budget_(budget), id_(id), seen_(seen) {}
    ~reservation() {
      if (is_settled_) return;
      const std::uint64_t used = seen_.tokens();
      used > 0 ? budget_.settle(id_, used) : budget_.release(id_);
    }
    reservation(const reservation&) = delete;
    reservation& operator=(const reservation&) = delete;
    void settle(std::uint64_t tokens) {
      is_settled_ = true;
      budget_.settle(id_, tokens);
    }

   private:
    budget_port& budget_;
    llm::reservation_id id_;
    const metering_observer& seen_;
    bool is_settled_ = false;
  };

  chat_model_ref inner_;
  std::shared_ptr<budget_port> budget_;
  std::shared_ptr<llm::estimating_tokenizer> tokens_;
};

}  // namespace

chat_model_ref budgeted_model(chat_model_ref inner, std::shared_ptr<budget_port> budget,
                              std::shared_ptr<llm::estimating_tokenizer> tokens) {
  return std::make_shared<budgeted>(std::move(inner), std::move(budget), std::move(tokens));
}

}  // namespace sage
