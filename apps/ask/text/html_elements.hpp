/// What each HTML element means for the extraction of text.
#pragma once

#include <cstdint>
#include <string_view>

namespace ask::text {

/// The roles an element can play; all that is not named is inline and leaves no trace.
enum class html_role : std::uint8_t {
  inline_text,   ///< span, code, em …: no border between words
  block,         ///< div, section, body …: ends a paragraph
  paragraph,     ///< p
  heading,       ///< h1 to h6
  item,          ///< li
  term,          ///< dt
  definition,    ///< dd
  row,           ///< tr
  cell,          ///< td, th
  preformatted,  ///< pre, listing
  line_break,    ///< br
  link,          ///< a
  title,         ///< title
  raw_text,      ///< script, style …: content is no markup and no text
  skipped,       ///< nav, svg, template …: content is markup, but nothing to read
};

/// The role of the element called `name` (lower case). O(log n).
[[nodiscard]] html_role role_of(std::string_view name) noexcept;

/// True when a `class` or `role` attribute marks its element as navigation: menus, tables of contents,
/// back-of-the-book indexes, the "previous / up / next" bars of DocBook, publican, Sphinx and others.
[[nodiscard]] bool is_navigation(std::string_view attribute) noexcept;

/// True when a `class` attribute marks its element as a box beside the text (a note, a warning, an example): a
/// heading inside of it names the box and opens no section.
[[nodiscard]] bool is_box(std::string_view attribute) noexcept;

}  // namespace ask::text
