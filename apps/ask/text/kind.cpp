#include "ask/text/kind.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "ask/limits.hpp"
#include "ask/text/blocks.hpp"

namespace ask::text {

namespace {

using sage::errc;
using sage::error;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// The last suffix of the file name in lower case without its dot, `.gz` left aside; empty when there is none.
std::string suffix_of(std::string_view path) {
  std::string name = lower_case(path.substr(path.find_last_of('/') + 1));
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const auto dot = name.find_last_of('.');
  return dot == std::string::npos || dot == 0 ? std::string{} : name.substr(dot + 1);
}

/// Formats that start with bytes of their own, and what to tell their owner.
struct signature {
  std::string_view start;
  std::string_view reason;
  std::string_view advice;
};
constexpr std::array<signature, 8> signatures{{
    {"%PDF-", "PDF is not supported", "convert it with pdftotext first"},
    {"%!PS", "PostScript is not supported", "convert it with ps2ascii first"},
    {"\x1f\x8b", "still compressed with gzip", "decompress it once more"},
    {"BZh", "compressed with bzip2", "decompress it first"},
    {"\xfd"
     "7zXZ",
     "compressed with xz", "decompress it first"},
    {"PK\x03\x04", "a zip archive or office file", "unpack or convert it first"},
    {"\xff\xfe", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"},
    {"\xfe\xff", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"},
}};

/// Text by its bytes, but nothing anybody would ask a question about.
constexpr std::array<std::string_view, 8> not_documents{"css", "js", "mjs", "map", "svg", "xpm", "eps", "ps"};

/// True for bytes that no text holds: NUL anywhere, or more than one control character in 32.
bool looks_binary(std::string_view head) {
  std::size_t controls = 0;
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return true;
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' && byte != '\b' && byte != 0x1b) {
      ++controls;
    }
  }
  return controls * 32 > head.size();
}

/// True when one of the first lines is a macro that only man pages begin with.
bool looks_like_man_page(std::string_view head) {
  constexpr std::array<std::string_view, 5> openings{".TH ", ".Dd ", ".Dt ", ".so man", "'\\\" t"};
  for (std::size_t at = 0; at < head.size();) {
    const auto end = std::min(head.find('\n', at), head.size());
    const auto line = head.substr(at, end - at);
    for (const auto opening : openings) {
      if (line.starts_with(opening)) return true;
    }
    // A page may begin with comments, definitions and blank lines, but not with text.
    if (!line.empty() && line.front() != '.' && line.front() != '\'' && !line.starts_with("\\") &&
        line.front() != ' ') {
      return false;
    }
    at = end + 1;
  }
  return false;
}

bool looks_like_html(std::string_view head) {
  const std::string start = lower_case(trim(head).substr(0, 1024));
  if (start.starts_with("<!doctype html") || start.starts_with("<html")) return true;
  return (start.starts_with("<?xml") || start.starts_with("<!--")) && start.find("<html") != std::string::npos;
}

}  // namespace

std::string_view to_string(document_kind kind) noexcept {
  switch (kind) {
    case document_kind::plain: return "plain";
    case document_kind::markdown: return "markdown";
    case document_kind::html: return "html";
    case document_kind::man: return "man";
  }
  return "unknown";
}

sage::result<document_kind> detect_kind(std::string_view path, std::string_view bytes) {
  if (bytes.size() > limits::document_bytes_max) {
    return error(errc::limit,
                 "the document has " + std::to_string(bytes.size()) + " bytes, at most " +
                     std::to_string(limits::document_bytes_max) + " are read",
                 std::string(path), "split it or leave it out");
  }
  for (const auto& known : signatures) {
    if (bytes.starts_with(known.start)) {
      return error(errc::unsupported, std::string(known.reason), std::string(path), std::string(known.advice));
    }
  }
  const auto suffix = suffix_of(path);
  if (is_one_of(suffix, not_documents)) {
    return error(errc::unsupported, "a ." + suffix + " file is no document", std::string(path), "leave it out");
  }
  auto head = bytes.substr(0, limits::detection_bytes_max);
  if (looks_binary(head)) {
    return error(errc::unsupported, "binary content, no text", std::string(path), "leave it out or convert it");
  }
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  if (looks_like_html(head)) return document_kind::html;
  if (looks_like_man_page(head)) return document_kind::man;
  constexpr std::array<std::string_view, 3> html_suffixes{"html", "htm", "xhtml"};
  constexpr std::array<std::string_view, 4> markdown_suffixes{"md", "markdown", "mkd", "mdown"};
  if (is_one_of(suffix, html_suffixes)) return document_kind::html;
  if (is_one_of(suffix, markdown_suffixes)) return document_kind::markdown;
  return document_kind::plain;
}

}  // namespace ask::text
