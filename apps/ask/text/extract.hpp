/// Extracts the plain text of a document of any supported kind.
#pragma once

#include "ask/document.hpp"
#include "ask/text/blocks.hpp"
#include "sage/base/result.hpp"

namespace ask::text {

/// Detects the kind of `source` and returns its title and blocks in valid UTF-8.
///
/// Fails  as detect_kind does, and errc::limit above limits::blocks_max; `where` of the error is the path
/// Cost   O(n) time, about twice the document's size in memory
[[nodiscard]] sage::result<extracted> extract(document source);

/// The extractors themselves, for valid UTF-8. None of them fails: any bytes give some text. A document with
/// more than limits::blocks_max blocks ends there with one block above the limit, which `extract` reports.
[[nodiscard]] extracted extract_html(std::string_view html);
[[nodiscard]] extracted extract_markdown(std::string_view markdown);
[[nodiscard]] extracted extract_man(std::string_view roff);
[[nodiscard]] extracted extract_plain(std::string_view plain);

}  // namespace ask::text
