#include "ask/models/embedded_texts.hpp"

#include "ask/limits.hpp"
#include "ask/passages.hpp"
#include "ask/sentences.hpp"
#include "ask/text/blocks.hpp"

namespace ask {

std::vector<std::string> embedded_texts(const passage& of) {
  std::vector<std::string> parts;
  bool is_open = false;
  for (const auto sentence : sentences_of(of.text)) {
    if (!is_open) parts.emplace_back();
    auto& part = parts.back();
    if (is_open) part += ' ';
    part += sentence;
    is_open = count_words(part) < embedded_words_min;
  }
  // A passage of headings alone has no sentence.
  if (parts.empty()) parts.push_back(of.text.empty() ? (of.section.empty() ? of.path : of.section) : of.text);
  for (auto& part : parts) part.resize(text::cut_utf8(part, limits::embedded_bytes_max).size());
  return parts;
}

}  // namespace ask
