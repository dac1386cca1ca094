/// The macros of mdoc(7), BSD's language for man pages, as far as they make text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ask::text {

/// True when `macro` is one of mdoc's inline macros (`Nm`, `Fl`, `Ar`, `Pa`, `Dq` …).
[[nodiscard]] bool is_mdoc_inline(std::string_view macro) noexcept;

/// Returns the text of an inline macro with its arguments; macros among the arguments take effect too
/// (`Op Fl o Ar file` -> `[-o file]`). `name` is what `Nm` prints without argument. The result is still roff.
[[nodiscard]] std::string mdoc_inline(std::string_view macro, const std::vector<std::string>& arguments,
                                      std::string_view name);

}  // namespace ask::text
