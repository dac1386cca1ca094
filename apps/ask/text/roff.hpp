/// The parts of roff that man pages are written in: escapes and macro arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ask::text {

/// Appends one line of roff as plain text: font changes, sizes and zero-width escapes go, special characters
/// (`\(em`, `\[rs]`, `\-`, `\*(lq`) become what they print; a comment (`\"`) ends the line. O(n).
void append_roff(std::string& out, std::string_view line);

/// Splits the arguments of a macro line at spaces, with `"two words"` and `""` inside of quotes as one `"`.
/// The arguments are still roff.
[[nodiscard]] std::vector<std::string> roff_arguments(std::string_view line);

}  // namespace ask::text
