#include "ask/index/index_writer.hpp"

#include <limits>
#include <utility>

#include "ask/limits.hpp"
#include "sage/base/error.hpp"

namespace ask {

namespace {

void add_saturated(std::uint8_t& count) {
  if (count != std::numeric_limits<std::uint8_t>::max()) ++count;
}

}  // namespace

std::uint32_t index_writer::term_of(const word& found) {
  const auto number = words_.insert(found.text);
  if (number < word_terms_.size()) return word_terms_[number];
  const auto term = term_finder_.term_of(found);
  word_terms_.push_back(term.empty() ? string_table::none : index_.terms_.insert(term));
  if (index_.terms_.size() > index_.postings_.size()) {
    index_.postings_.emplace_back();
    pending_.emplace_back();
  }
  return word_terms_[number];
}

/// Counts the terms of one field and returns its words, stop words included.
word_counts index_writer::read_field(std::string_view text, field where, std::uint32_t passage) {
  word_counts counts;
  word_reader words(text);
  for (word next; words.next(next);) {
    if (!next.is_compound) ++counts.words;
    const auto term = term_of(next);
    if (term == string_table::none) {
      ++counts.function_words;
      continue;
    }
    auto& open = pending_[term];
    if (open.passage != passage) {
      open = {passage, {}};
      touched_.push_back(term);
    }
    switch (where) {
      case field::body: ++open.count.body; break;
      case field::section: add_saturated(open.count.section); break;
      case field::title: add_saturated(open.count.title); break;
    }
  }
  return counts;
}

void index_writer::add(passage added) {
  const auto number = index_.passages();
  if (number == limits::passages_max) {
    throw sage::error(sage::errc::limit, "more passages than one index can hold", added.path,
                      "index fewer documents");
  }
  index_.vectors_.add(added.vectors, number, added.path);
  const auto body = read_field(added.text, field::body, number);
  const auto section = read_field(added.section, field::section, number);
  const auto title = read_field(added.title, field::title, number);
  const field_lengths length{static_cast<std::uint32_t>(body.words), static_cast<std::uint32_t>(section.words),
                             static_cast<std::uint32_t>(title.words)};
  for (const auto term : touched_) index_.postings_[term].append(number, pending_[term].count);
  touched_.clear();
  index_.statistics_ += {1, length.body, length.section, length.title};
  const auto document = index_.add_document(added.path, added.title);
  index_.add_passage({document, added.ordinal, length, static_cast<std::uint32_t>(body.function_words),
                      std::move(added.section), std::move(added.text)});
}

passage_index index_writer::finish() {
  words_ = {};
  word_terms_.clear();
  pending_.clear();
  return std::exchange(index_, {});
}

}  // namespace ask
