/// What an embedding model reads of a passage.
#pragma once

#include <string>

#include "ask/passage.hpp"

namespace ask {

/// The headings (or the title) and the text, cut to limits::embedded_bytes_max.
[[nodiscard]] std::string embedded_text(const passage& of);

}  // namespace ask
