/// The inline half of Markdown: emphasis, code, links, references, escapes.
#pragma once

#include <string>
#include <string_view>

namespace ask::text {

/// Returns one line of Markdown without its marks: links and images by their text, code by its content, tags
/// dropped, character references decoded. Marks that pair with nothing stay. O(n).
[[nodiscard]] std::string plain_inline(std::string_view line);

}  // namespace ask::text
