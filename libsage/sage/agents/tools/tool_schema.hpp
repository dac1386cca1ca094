/// The arguments of a tool: what a model is told of them, and whether what it wrote fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sage/base/result.hpp"

namespace sage {

/// Bounds of what goes into a tool and comes out of it.
struct tool_limits {
  std::size_t argument_bytes_max = 64 * 1024;
  std::uint32_t argument_depth_max = 32;
  std::size_t result_bytes_max = 32 * 1024;  ///< beyond, the result is cut and says so
  std::uint32_t time_ms_max = 0;  ///< of a call that blocks or is a coroutine; 0 is the turn's own bound alone
};

/// The name of a field and a sentence on it.
using field_text = std::pair<std::string_view, std::string_view>;

/// A JSON Schema made ready for models, and the check of arguments against it. Thread-safe.
class tool_schema {
 public:
  /// `schema` is what `json_schema<Parameters>()` gives. Unknown arguments are refused; `texts` become descriptions.
  /// Throws errc::unsupported in a build without valijson.
  tool_schema(const std::string& schema, std::span<const field_text> texts);
  ~tool_schema();
  tool_schema(const tool_schema&) = delete;
  tool_schema& operator=(const tool_schema&) = delete;

  /// What models are told.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The arguments in short: "{city: string, days?: integer}".
  [[nodiscard]] const std::string& summary() const noexcept { return summary_; }

  /// Empty, or why the arguments can't be taken, written for a model: "argument 'city' is missing; expected {…}".
  /// No arguments at all is the same as {}.
  [[nodiscard]] std::string refusal_of(std::string_view arguments, const tool_limits& limits) const;

 private:
  struct compiled;
  std::unique_ptr<compiled> compiled_;
  std::string text_;
  std::string summary_;
};

}  // namespace sage
