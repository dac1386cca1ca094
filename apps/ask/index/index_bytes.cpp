// The index as bytes, docs/formats/ask_index.md, and back.
#include <utility>

#include "ask/index/passage_index.hpp"
#include "ask/limits.hpp"
#include "ask/storage/bytes.hpp"

namespace ask {

namespace {

// What an entry takes at least: an announced count that the bytes can't hold is refused before anything is reserved.
constexpr std::size_t document_bytes_min = 2;
constexpr std::size_t passage_bytes_min = 8;
constexpr std::size_t term_bytes_min = 4;

constexpr unsigned heading_bits = 4;

void encode(byte_writer& out, const field_lengths& length) {
  out.put_number(length.body);
  out.put_number(length.section);
  out.put_number(length.title);
}

field_lengths decode_lengths(byte_reader& in) {
  field_lengths length;
  length.body = in.number32();
  length.section = in.number32();
  length.title = in.number32();
  return length;
}

}  // namespace

void posting_list::encode(byte_writer& out) const {
  out.put_number(size_);
  out.put_text(bytes_);
}

posting_list posting_list::decode(byte_reader& in, std::uint32_t passages) {
  posting_list made;
  const auto count = in.number32(passages);
  byte_reader entries(in.text());
  std::uint64_t passage = 0;
  for (std::uint32_t i = 0; i < count && !entries.failed(); ++i) {
    const auto head = entries.number((std::uint64_t{passages} << 1U) | 1U);
    passage += head >> 1U;
    if (passage >= passages || (i != 0 && head >> 1U == 0))
      entries.fail("a term occurs in a passage that isn't there");
    occurrences found{1, 0, 0};
    if ((head & 1U) != 0) {
      found.body = entries.number32();
      const unsigned headings = entries.byte();
      found.section = static_cast<std::uint8_t>(headings >> heading_bits);
      found.title = static_cast<std::uint8_t>(headings & ((1U << heading_bits) - 1U));
    }
    made.append(static_cast<std::uint32_t>(passage), found);
  }
  entries.expect_end();
  if (const auto read = entries.outcome(); !read) in.fail("a list of passages is broken: " + read.error().message());
  return made;
}

void passage_index::encode(byte_writer& out) const {
  out.put_number(documents_.size());
  for (std::uint32_t document = 0; document < documents_.size(); ++document) {
    out.put_text(paths_[document]);
    out.put_text(documents_[document].title);
  }
  out.put_number(passages_.size());
  for (const auto& passage : passages_) {
    out.put_number(passage.document);
    out.put_number(passage.ordinal);
    ask::encode(out, passage.length);
    out.put_number(passage.function_words);
    out.put_text(passage.section);
    out.put_text(passage.text);
  }
  out.put_number(terms_.size());
  for (std::uint32_t term = 0; term < terms_.size(); ++term) {
    out.put_text(terms_[term]);
    postings_[term].encode(out);
  }
}

passage_index passage_index::decode(byte_reader& in) {
  passage_index made;
  const auto documents = in.count(document_bytes_min);
  for (std::size_t i = 0; i < documents && !in.failed(); ++i) {
    const auto path = in.text();
    if (made.add_document(path, in.text()) != i) in.fail("a document is there twice");
  }
  const auto passages = in.count(passage_bytes_min);
  if (passages > limits::passages_max) in.fail("it has more passages than an index can hold");
  if (!in.failed()) made.passages_.reserve(passages);
  for (std::size_t i = 0; i < passages && !in.failed(); ++i) {
    indexed_passage passage;
    passage.document = in.number32();
    passage.ordinal = in.number32();
    passage.length = decode_lengths(in);
    passage.function_words = in.number32();
    passage.section = in.text();
    passage.text = in.text();
    if (passage.document >= made.documents_.size()) in.fail("a passage is of a document that isn't there");
    if (in.failed()) break;
    made.statistics_ += {1, passage.length.body, passage.length.section, passage.length.title};
    made.add_passage(std::move(passage));
  }
  const auto terms = in.count(term_bytes_min);
  for (std::size_t i = 0; i < terms && !in.failed(); ++i) {
    if (made.terms_.insert(in.text()) != i) in.fail("a term is there twice");
    made.postings_.push_back(posting_list::decode(in, made.passages()));
  }
  return made;
}

}  // namespace ask
