/// A refusal of an HTTP request: status, text for people, and words for programs, in OpenAI's form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sage::serving {

/// What a caller is told instead of an answer. A value.
struct http_problem {
  int status = 400;
  std::string message;              ///< one sentence: what is wrong and what to do
  std::string code;                 ///< "invalid_api_key"; empty is null
  std::string param;                ///< the field that is meant, "messages[2].role"; empty is null
  std::uint32_t retry_after_s = 0;  ///< seconds, for the header Retry-After; 0 leaves it out
  bool closes = false;              ///< the connection can't go on: where the next request begins is unknown

  /// `{"error":{"message":…,"type":…,"param":…,"code":…}}`; the type follows from the status. Text that isn't UTF-8
  /// is repaired.
  [[nodiscard]] std::string to_json() const;

  friend bool operator==(const http_problem&, const http_problem&) = default;
};

/// OpenAI's `type` for a status: "invalid_request_error", "rate_limit_error", "server_error" …
[[nodiscard]] std::string_view problem_type(int status) noexcept;

}  // namespace sage::serving
