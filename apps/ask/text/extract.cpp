#include "ask/text/extract.hpp"

#include <string>
#include <utility>

#include "ask/limits.hpp"
#include "ask/text/encoding.hpp"
#include "ask/text/kind.hpp"

namespace ask::text {

sage::result<extracted> extract(document source) {
  const auto kind = detect_kind(source.path, source.bytes);
  if (!kind) return kind.error();
  const std::string bytes = to_utf8(std::move(source.bytes));
  extracted found;
  switch (*kind) {
    case document_kind::plain: found = extract_plain(bytes); break;
    case document_kind::markdown: found = extract_markdown(bytes); break;
    case document_kind::html: found = extract_html(bytes); break;
    case document_kind::man: found = extract_man(bytes); break;
  }
  if (found.blocks.size() > limits::blocks_max) {
    return sage::error(sage::errc::limit, "more than " + std::to_string(limits::blocks_max) + " paragraphs",
                       source.path, "split the document or leave it out");
  }
  return found;
}

}  // namespace ask::text
