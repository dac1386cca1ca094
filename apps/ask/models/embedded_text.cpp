#include "ask/models/embedded_text.hpp"

#include "ask/limits.hpp"
#include "ask/text/blocks.hpp"

namespace ask {

std::string embedded_text(const passage& of) {
  const auto& heading = of.section.empty() ? of.title : of.section;
  const std::string whole = heading.empty() ? of.text : heading + "\n" + of.text;
  return std::string(text::cut_utf8(whole, limits::embedded_bytes_max));
}

}  // namespace ask
