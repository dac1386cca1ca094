/// Log lines: the one door to spdlog. A logger is a value of whoever makes it; nothing global is touched.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sage {

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };
enum class log_form : std::uint8_t {
  human,  ///< 2024-05-01 12:00:00.000 info  [word_count/count[1]] message key=value
  json,   ///< one object per line, as in docs/formats/log.schema.json
};
[[nodiscard]] std::optional<log_level> log_level_of(std::string_view name) noexcept;

/// What a line is about; empty parts are left out.
struct log_place {
  std::string_view job;
  std::string_view operator_name;
  std::optional<std::uint32_t> instance;
};

/// A fact beside the message.
struct log_field {
  std::string_view name;
  std::variant<std::uint64_t, double, std::string_view> value;
};

/// Writes lines of at least one level to where it was told. Thread-safe; a line is written whole, in one call.
class logger {
 public:
  using line_writer = std::function<void(std::string_view line)>;

  /// Lines, each with its line end, go to `to`, which is called by one thread at a time and must not throw.
  logger(log_level least, log_form form, line_writer to);
  ~logger();
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  [[nodiscard]] bool shows(log_level level) const noexcept { return level >= least_ && level < log_level::off; }
  void write(log_level level, std::string_view message, const log_place& place = {},
             std::initializer_list<log_field> fields = {});

 private:
  struct door;  // what knows spdlog

  log_level least_;
  log_form form_;
  std::unique_ptr<door> door_;
};

}  // namespace sage
