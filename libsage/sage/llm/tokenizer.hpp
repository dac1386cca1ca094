/// The tokenizer port: how many tokens a text is to a model.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "sage/llm/chat.hpp"

namespace sage::llm {

/// Counts tokens. Implementations are thread-safe.
class tokenizer {
 public:
  virtual ~tokenizer() = default;
  [[nodiscard]] virtual std::uint64_t count(std::string_view text) const = 0;
  /// Whether `count` is what the model counts; otherwise it is an estimate and is called one.
  [[nodiscard]] virtual bool is_exact() const noexcept = 0;
};

/// Tokens of a message: text, tool calls, and what chat templates put around (an assumption, also for exact ones).
/// A picture counts as `image_tokens_assumed`.
inline constexpr std::uint64_t message_tokens_assumed = 4;
inline constexpr std::uint64_t image_tokens_assumed = 800;
[[nodiscard]] std::uint64_t count_tokens(const tokenizer& by, const chat_message& message);

/// Tokens that a request sends: messages, tools and schema.
[[nodiscard]] std::uint64_t count_tokens(const tokenizer& by, const chat_request& request);

/// An estimate from the shape of the text (letters, digits, signs, scripts), calibrated by what the provider says it
/// counted. One per model; `observe` after each reply makes it better: within a few per cent on text of one kind.
///
/// Cost  O(bytes); no allocation
class estimating_tokenizer final : public tokenizer {
 public:
  [[nodiscard]] std::uint64_t count(std::string_view text) const override;
  [[nodiscard]] bool is_exact() const noexcept override { return false; }

  /// The provider counted `really` where `estimated` was estimated. Moves the factor by a tenth of the difference;
  /// faster at first. What can't be meant (zeros, a tenth or ten times as many) is left out.
  void observe(std::uint64_t estimated, std::uint64_t really) noexcept;
  /// What raw estimates are multiplied by; 1 before anything was observed.
  [[nodiscard]] double factor() const noexcept { return factor_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t observations() const noexcept { return seen_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> factor_{1.0};
  std::atomic<std::uint64_t> seen_{0};
};

}  // namespace sage::llm
