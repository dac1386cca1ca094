/// The little language of stream tests: `1 2 / 3 |`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sage::testing {

/// One step of a script.
struct script_step {
  enum class kind : std::uint8_t {
    record,     ///< `text`, with an event time when one was given
    boundary,   ///< the batch ends here
    watermark,  ///< the batch ends here, and event time has come to `time`
    end,        ///< the stream ends here
  };
  kind what = kind::record;
  std::string text{};
  std::optional<std::int64_t> time{};  ///< event time in milliseconds: what stands behind `@` or `W`
  std::size_t column = 0;              ///< where it begins in the script, from 1: for messages
};

/// Reads a script. Throws errc::parse with the column of what can't be read.
///
///     script = { record | watermark | "/" | " " | "," } [ "|" ]
///     record = ( word | "'" any text but ' "'" ) [ "@" integer ]
///     watermark = "W" digits
///
/// `a b c`   three records of one batch; commas and blanks separate
/// `a / b`   two batches of one record each
/// `a@1`     a record with event time 1; `'a@1'` is a text with an @ in it
/// `W5`      event time has come to 5: the batch ends here too
/// `|`       the stream ends; nothing may follow
///
/// `B2` (barrier) and `!` (crash and restore) are reserved and refused until operators know them; quoted they are
/// texts.
[[nodiscard]] std::vector<script_step> parse_script(std::string_view script);

}  // namespace sage::testing
