/// The port to what stdout and stderr are connected with.
#pragma once

#include <cstddef>

namespace sage::apps {

/// Whether stderr is a terminal that can rewrite a line.
[[nodiscard]] bool stderr_is_terminal() noexcept;
/// Characters per line of that terminal; 80 when it doesn't say.
[[nodiscard]] std::size_t stderr_columns() noexcept;
/// Whether stdout is a pipe or socket whose reader has gone.
[[nodiscard]] bool stdout_reader_has_gone() noexcept;

}  // namespace sage::apps
