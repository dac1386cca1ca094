/// What one option or setting is: name, type, default, unit and limits. The same form for those of SAGE and of an
/// app.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sage/base/result.hpp"

namespace sage {

/// The types of option values, and how they are written.
enum class option_kind : std::uint8_t {
  flag,      ///< on the command line without a value; elsewhere true or false
  integer,   ///< a whole number
  number,    ///< a number with a fraction
  text,      ///< as it is
  texts,     ///< several texts: repeated or side by side on the command line, separated by ':' in the environment
  bytes,     ///< a whole number with a unit: 4MiB
  duration,  ///< a whole number with a unit: 500ms
};

/// A value of an option: flag, integer (also bytes, and nanoseconds of a duration), number, text, texts.
using option_value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// One row of the table of settings, or one option of an app. Plain data.
struct option_spec {
  std::string name;  ///< as on the command line, without the dashes
  option_kind kind = option_kind::text;
  std::string placeholder;  ///< what help shows for the value: "FILE"
  std::string unit;         ///< of numbers: "records"
  std::string brief;        ///< one line
  std::optional<option_value> fallback;
  bool required = false;
  std::vector<std::string> choices;  ///< of texts: all that is allowed, if not empty
  std::optional<double> least;       ///< of numbers, inclusive
  std::optional<double> most;        ///< of numbers, inclusive
  /// Says what the value must be when it isn't ("must be ..."), or nothing.
  std::function<std::optional<std::string>(const option_value&)> check;
};

namespace apps {

/// The value that `texts` spell (one text for all kinds but `texts`), or what is wrong with them; checks choices,
/// limits and `spec.check`.
[[nodiscard]] result<option_value> parse_value(const option_spec& spec, const std::vector<std::string>& texts);

/// The value as a person would write it: "4MiB", "a b".
[[nodiscard]] std::string show_value(const option_spec& spec, const option_value& value);
/// One text or several, as YAML. Read again, gives the same value.
[[nodiscard]] std::string yaml_value(const option_spec& spec, const option_value& value);

/// The name of the kind in messages: "a whole number".
[[nodiscard]] std::string_view kind_name(option_kind kind) noexcept;
/// "SAGE_BATCH_SIZE" for "batch-size".
[[nodiscard]] std::string variable_name(std::string_view option);

}  // namespace apps
}  // namespace sage
