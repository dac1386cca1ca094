/// Why a provider gave no answer, and whether asking again may help.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/error.hpp"
#include "sage/llm/http/http_message.hpp"
#include "sage/model/item_end.hpp"

namespace sage::llm {

enum class provider_failure : std::uint8_t {
  refused,          ///< the provider doesn't accept the request: asking again won't help
  unauthorized,     ///< the key is missing, wrong, or may not do this
  throttled,        ///< too many requests or tokens (429)
  overloaded,       ///< the provider's own trouble (5xx)
  unreachable,      ///< no connection, or one that broke before the answer
  cut,              ///< the answer broke off
  timeout,          ///< nothing came for too long
  malformed,        ///< the answer makes no sense
  too_large,        ///< the answer is beyond our limits
  cancelled,        ///< by us
  invalid_request,  ///< never sent: the request or the endpoint can't be meant
  crowded,          ///< never sent: too many calls of ours wait for the endpoint
};

[[nodiscard]] std::string_view to_string(provider_failure failure) noexcept;

/// One failed call of a provider. `message` is for people and never has a secret in it.
struct provider_error {
  provider_failure failure = provider_failure::refused;
  std::uint32_t status = 0;  ///< of HTTP; 0 when no answer came
  bool retryable = false;    ///< the same request may succeed later, or with another provider
  std::optional<std::int64_t> retry_after_ms;
  std::string message;
  std::string type;  ///< the provider's own words; may be empty
  std::string code;

  /// As the public API reports it, with advice.
  [[nodiscard]] error to_error(std::string where = {}) const;
  /// As whoever asked us is told: a refusal of what was asked keeps its status and code, 429 its Retry-After;
  /// whatever is between us and the provider (our key, our bill, our address of it) is a 502 without the provider's
  /// words.
  [[nodiscard]] item_failure told() const;
};

/// What an answer without success says: the body of OpenAI, Anthropic, vLLM, llama.cpp, Ollama, TGI, or any text.
/// `wall_ms` is what a date in Retry-After is compared to.
[[nodiscard]] provider_error error_of_answer(std::uint32_t status, const http_headers& headers, std::string_view body,
                                             std::int64_t wall_ms);

/// What an error says that stands where an answer (status 200) or a piece of one should.
[[nodiscard]] provider_error error_inside_answer(std::string_view body);

/// What a failed request means. `begun` says whether a part of the answer had come.
[[nodiscard]] provider_error error_of_outcome(const http_outcome& outcome, bool begun);

/// An answer that makes no sense; `shown` (shortened) is the part that doesn't.
[[nodiscard]] provider_error malformed_answer(std::string what, std::string_view shown = {});

/// A request that was never sent.
[[nodiscard]] provider_error invalid_request(const error& problem);

/// The provider broke its answer off.
[[nodiscard]] provider_error cut_answer(std::string what);

}  // namespace sage::llm
