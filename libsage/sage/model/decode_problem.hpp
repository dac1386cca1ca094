/// Why a value could not be decoded or encoded, and where: the place in the text and the path to the field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sage/base/error.hpp"

namespace sage {

/// One failure of a codec. Built from the inside out: the failing value sets the message, each container around
/// it adds its part of the path.
struct decode_problem {
  errc code = errc::none;
  std::string message;       ///< "expected a number, got a string"
  std::string advice;        ///< what to do, or empty
  std::string path;          ///< "orders[3].price"; empty for the value itself
  std::uint64_t offset = 0;  ///< in bytes from the beginning of the input
  std::uint64_t line = 0;    ///< from 1; 0 when the input has no lines (msgpack, a CSV cell)
  std::uint64_t column = 0;  ///< from 1, in characters

  [[nodiscard]] bool failed() const noexcept { return code != errc::none; }

  void in_field(std::string_view name);
  void in_element(std::size_t index);

  /// The problem as an exception. `source` names the input ("logs.jsonl"), `lines_before` are those of it that
  /// came before the decoded text: `logs.jsonl:4711:17: orders[3].price: expected a number, got a string`.
  [[nodiscard]] error to_error(std::string_view source = {}, std::uint64_t lines_before = 0) const;
};

}  // namespace sage
