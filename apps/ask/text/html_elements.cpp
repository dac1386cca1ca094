#include "ask/text/html_elements.hpp"

#include <algorithm>
#include <array>

namespace ask::text {

namespace {

struct element {
  std::string_view name;
  html_role role;
};

using enum html_role;

// In byte order for the binary search.
constexpr auto elements = std::to_array<element>({
    {"a", link},
    {"address", block},
    {"article", block},
    {"aside", block},
    {"audio", skipped},
    {"blockquote", block},
    {"body", block},
    {"br", line_break},
    {"button", skipped},
    {"canvas", skipped},
    {"caption", block},
    {"center", block},
    {"dd", definition},
    {"details", block},
    {"dir", block},
    {"div", block},
    {"dl", block},
    {"dt", term},
    {"fieldset", block},
    {"figcaption", block},
    {"figure", block},
    {"footer", block},
    {"form", block},
    {"h1", heading},
    {"h2", heading},
    {"h3", heading},
    {"h4", heading},
    {"h5", heading},
    {"h6", heading},
    {"head", block},
    {"header", block},
    {"hr", block},
    {"html", block},
    {"iframe", raw_text},
    {"legend", block},
    {"li", item},
    {"listing", preformatted},
    {"main", block},
    {"math", skipped},
    {"nav", skipped},
    {"noembed", raw_text},
    {"noframes", raw_text},
    {"noscript", skipped},
    {"object", skipped},
    {"ol", block},
    {"optgroup", skipped},
    {"option", skipped},
    {"p", paragraph},
    {"pre", preformatted},
    {"script", raw_text},
    {"section", block},
    {"select", skipped},
    {"style", raw_text},
    {"summary", block},
    {"svg", skipped},
    {"table", block},
    {"td", cell},
    {"template", skipped},
    {"textarea", raw_text},
    {"th", cell},
    {"title", title},
    {"tr", row},
    {"ul", block},
});

static_assert(std::is_sorted(elements.begin(), elements.end(),
                             [](const element& a, const element& b) { return a.name < b.name; }));

constexpr std::array<std::string_view, 15> navigation_words{
    "breadcrumb", "breadcrumbs", "docnav",     "genindex", "headerlink", "index",         "nav", "navbar",
    "navfooter",  "navheader",   "navigation", "navlinks", "navpanel",   "sphinxsidebar", "toc"};

constexpr std::array<std::string_view, 10> box_words{"admonition", "caution", "example", "figure", "important",
                                                     "note",       "sidebar", "table",   "tip",    "warning"};

/// True when one of the words of `attribute` is among `wanted`.
template <std::size_t N>
bool has_word(std::string_view attribute, const std::array<std::string_view, N>& wanted) noexcept {
  while (!attribute.empty()) {
    const auto end = std::min(attribute.find_first_of(" \t\r\n\f"), attribute.size());
    if (std::find(wanted.begin(), wanted.end(), attribute.substr(0, end)) != wanted.end()) return true;
    attribute.remove_prefix(std::min(end + 1, attribute.size()));
  }
  return false;
}

}  // namespace

html_role role_of(std::string_view name) noexcept {
  const auto found =
      std::lower_bound(elements.begin(), elements.end(), name,
                       [](const element& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != elements.end() && found->name == name ? found->role : inline_text;
}

bool is_navigation(std::string_view attribute) noexcept {
  return has_word(attribute, navigation_words);
}

bool is_box(std::string_view attribute) noexcept {
  return has_word(attribute, box_words);
}

}  // namespace ask::text
