/// What went wrong, where, and what to do about it: the one exception of the public API.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sage {

/// The kinds of failure a caller may want to tell apart. Values are stable and never reused.
enum class errc : std::uint8_t {
  none = 0,
  invalid_argument = 1,  ///< a call or an option that can't be meant
  invalid_graph = 2,     ///< the checker refused the pipeline; every problem is in the message
  not_found = 3,         ///< a file, a directory without matches, a name
  io = 4,                ///< the operating system refused to read or write
  parse = 5,             ///< input that isn't what it claims to be: CSV, JSON, msgpack, gzip, UTF-8
  limit = 6,             ///< a bound on outside input was reached
  user_function = 7,     ///< code of the user threw
  ledger = 8,            ///< the books of an operator don't balance
  cancelled = 9,         ///< the job was cancelled
  timeout = 10,          ///< a deadline passed
  configuration = 11,    ///< a setting is unknown or out of range
  unsupported = 12,      ///< known, but not available in this build or place
  internal = 13,         ///< a broken invariant of SAGE itself
};

/// Returns the stable name of `code`, for logs and JSON: `"user_function"`.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// One failure. `what()` is a single readable text: where, what, and what to do.
class error : public std::runtime_error {
 public:
  /// `where` names a place the user knows (an operator and instance, a file with line and column) or is empty;
  /// `advice` says what to do, or is empty.
  error(errc code, std::string message, std::string where = {}, std::string advice = {});

  [[nodiscard]] errc code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }
  [[nodiscard]] const std::string& advice() const noexcept { return advice_; }

  /// The same failure at a named place; an error that already has a place keeps it.
  [[nodiscard]] error at(std::string where) const;

 private:
  errc code_;
  std::string message_;
  std::string where_;
  std::string advice_;
};

}  // namespace sage
