/// Tells what kind of text a document is, and refuses what is no text.
#pragma once

#include <cstdint>
#include <string_view>

#include "sage/base/result.hpp"

namespace ask::text {

/// The kinds of documents whose text can be extracted.
enum class document_kind : std::uint8_t { plain, markdown, html, man };

/// The stable name of `kind`: `"html"`.
[[nodiscard]] std::string_view to_string(document_kind kind) noexcept;

/// Decides from the name (`.gz` at its end is ignored) and the first bytes; content wins where it is clear, since
/// names lie: an HTML page without a suffix is HTML, `notes.1` without a macro is plain text.
///
/// Fails  errc::unsupported for content that is no document (binary, PDF, still compressed, an image or style
///        sheet by name), with the reason and what to do; errc::limit above limits::document_bytes_max
/// Cost   O(limits::detection_bytes_max)
[[nodiscard]] sage::result<document_kind> detect_kind(std::string_view path, std::string_view bytes);

}  // namespace ask::text
