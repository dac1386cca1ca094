#include "sage/llm/tokenizer.hpp"

#include <algorithm>
#include <cmath>

namespace sage::llm {

namespace {

// Byte-pair vocabularies of today: English words are one token each up to about six letters and another for every
// five more, digits go by threes, signs mostly alone; other alphabets take about two letters a token, Han characters
// and the like about one each.
double estimate(std::string_view text) {
  double tokens = 0;
  std::size_t at = 0;
  const auto run_of = [&](auto belongs) {
    const std::size_t first = at;
    while (at < text.size() && belongs(static_cast<unsigned char>(text[at]))) ++at;
    return at - first;
  };
  const auto is_letter = [](unsigned char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  const auto is_digit = [](unsigned char c) { return c >= '0' && c <= '9'; };
  const auto is_space = [](unsigned char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (is_letter(c)) {
      const std::size_t letters = run_of(is_letter);
      tokens += letters <= 6 ? 1 : 1 + static_cast<double>(letters - 6) / 5;
    } else if (is_digit(c)) {
      tokens += static_cast<double>((run_of(is_digit) + 2) / 3);
    } else if (is_space(c)) {
      const std::size_t spaces = run_of(is_space);
      // One space belongs to the word behind it.
      if (spaces > 1 || c == '\n') tokens += 1;
    } else if (c < 0x80) {
      ++at;
      tokens += 0.8;
    } else if (c >= 0xe0) {
      at += c >= 0xf0 ? 4 : 3;
      tokens += c >= 0xf0 ? 2 : 1;
    } else {
      at += c >= 0xc0 ? 2 : 1;
      tokens += 0.5;
    }
  }
  return tokens;
}

}  // namespace

std::uint64_t count_tokens(const tokenizer& by, const chat_message& message) {
  std::uint64_t tokens = message_tokens_assumed + by.count(message.text) + by.count(message.name);
  for (const auto& call : message.tool_calls) {
    tokens += message_tokens_assumed + by.count(call.name) + by.count(call.arguments);
  }
  return tokens + message.images.size() * image_tokens_assumed;
}

std::uint64_t count_tokens(const tokenizer& by, const chat_request& request) {
  std::uint64_t tokens = by.count(request.output_schema);
  for (const auto& message : request.messages) tokens += count_tokens(by, message);
  for (const auto& tool : request.tools) {
    tokens += message_tokens_assumed + by.count(tool.name) + by.count(tool.description) + by.count(tool.parameters);
  }
  return tokens;
}

std::uint64_t estimating_tokenizer::count(std::string_view text) const {
  return static_cast<std::uint64_t>(std::ceil(estimate(text) * factor()));
}

void estimating_tokenizer::observe(std::uint64_t estimated, std::uint64_t really) noexcept {
  if (estimated == 0 || really == 0) return;
  const double ratio = static_cast<double>(really) / static_cast<double>(estimated);
  if (ratio < 0.1 || ratio > 10) return;
  const std::uint64_t before = seen_.fetch_add(1, std::memory_order_relaxed);
  const double step = std::max(0.1, 1.0 / static_cast<double>(before + 2));
  double factor = factor_.load(std::memory_order_relaxed);
  double better;
  do {
    // `estimated` was multiplied by the factor already.
    better = std::clamp(factor * (1 + step * (ratio - 1)), 0.05, 20.0);
  } while (!factor_.compare_exchange_weak(factor, better, std::memory_order_relaxed));
}

}  // namespace sage::llm
