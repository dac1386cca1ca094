#include "ask/index/passage_index.hpp"

#include <algorithm>
#include <utility>

#include "ask/limits.hpp"
#include "sage/base/error.hpp"

namespace ask {

namespace {

using occurrence_list = std::vector<std::pair<std::uint32_t, occurrences>>;

/// Both lists in one; a passage in both has the sum of its counts.
occurrence_list united(const occurrence_list& a, const occurrence_list& b) {
  occurrence_list both;
  both.reserve(a.size() + b.size());
  auto left = a.begin();
  for (const auto& entry : b) {
    while (left != a.end() && left->first < entry.first) both.push_back(*left++);
    both.push_back(entry);
    if (left == a.end() || left->first != entry.first) continue;
    auto& sum = both.back().second;
    sum.body += left->second.body;
    sum.section = static_cast<std::uint8_t>(sum.section + left->second.section);
    sum.title = static_cast<std::uint8_t>(sum.title + left->second.title);
    ++left;
  }
  both.insert(both.end(), left, a.end());
  return both;
}

}  // namespace

std::uint32_t passage_index::add_document(std::string_view path, std::string_view title) {
  const auto document = paths_.insert(path);
  if (document == documents_.size()) {
    const auto folder = folders_.insert(path.substr(0, path.find_last_of('/') + 1));
    if (folder == folder_counts_.size()) folder_counts_.emplace_back();
    documents_.push_back({std::string(title), folder});
  }
  return document;
}

void passage_index::add_passage(indexed_passage passage) {
  folder_counts_[documents_[passage.document].folder] += {passage.length.body, passage.function_words};
  passages_.push_back(std::move(passage));
}

void passage_index::merge(passage_index&& other) {
  if (passages_.empty()) std::swap(*this, other);
  if (other.passages_.empty()) return;
  if (passages_.size() + other.passages_.size() > limits::passages_max) {
    throw sage::error(sage::errc::limit, "more passages than one index can hold", "ask", "index fewer documents");
  }
  const auto offset = passages();
  std::vector<std::uint32_t> documents(other.documents_.size());
  for (std::uint32_t document = 0; document < documents.size(); ++document) {
    documents[document] = add_document(other.paths_[document], other.documents_[document].title);
  }
  passages_.reserve(passages_.size() + other.passages_.size());
  for (auto& passage : other.passages_) {
    passage.document = documents[passage.document];
    add_passage(std::move(passage));
  }
  for (std::uint32_t term = 0; term < other.terms_.size(); ++term) {
    const auto merged = terms_.insert(other.terms_[term]);
    if (merged == postings_.size()) postings_.emplace_back();
    postings_[merged].append(other.postings_[term], offset);
  }
  statistics_ += other.statistics_;
  vectors_.append(std::move(other.vectors_));
  other = passage_index{};
}

bool passage_index::comes_before(const hit& a, const hit& b) const noexcept {
  if (a.score != b.score) return a.score > b.score;
  const auto& left = passages_[a.passage];
  const auto& right = passages_[b.passage];
  const auto order = path_of(left).compare(path_of(right));
  return order != 0 ? order < 0 : left.ordinal < right.ordinal;
}

passage_index::occurrence_list passage_index::occurrences_of(const wanted_term& term) const {
  occurrence_list found;
  const auto add_list = [&](std::string_view text) {
    const auto number = terms_.find(text);
    if (number == string_table::none) return;
    occurrence_list own;
    own.reserve(postings_[number].size());
    posting_list::reader entries(postings_[number]);
    for (std::pair<std::uint32_t, occurrences> entry; entries.next(entry.first, entry.second);) own.push_back(entry);
    found = found.empty() ? std::move(own) : united(found, own);
  };
  add_list(term.text);
  for (const auto& alternative : term.alternatives) add_list(alternative);
  return found;
}

std::vector<hit> passage_index::search(const std::vector<wanted_term>& terms, std::size_t count) const {
  count = std::min(count, limits::hits_max);
  std::vector<double> scores(passages_.size());
  const term_weight weight(statistics_);
  for (const auto& term : terms) {
    const auto found = occurrences_of(term);
    const auto rarity = term.weight * inverse_document_frequency(statistics_.passages, found.size());
    for (const auto& [passage, count_of] : found)
      scores[passage] += rarity * weight(count_of, passages_[passage].length);
  }
  // The heap's front is the worst of the best so far; a hit that doesn't beat it is never pushed.
  std::vector<hit> best;
  const auto order = [this](const hit& a, const hit& b) { return comes_before(a, b); };
  for (std::uint32_t passage = 0; passage < scores.size(); ++passage) {
    const hit candidate{passage, scores[passage]};
    if (candidate.score <= 0 || count == 0) continue;
    if (best.size() == count) {
      if (!comes_before(candidate, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), order);
      best.pop_back();
    }
    best.push_back(candidate);
    std::push_heap(best.begin(), best.end(), order);
  }
  std::sort_heap(best.begin(), best.end(), order);
  return best;
}

double passage_index::weight_of(const wanted_term& term) const {
  const auto passages = occurrences_of(term).size();
  return passages == 0 ? 0.0 : term.weight * inverse_document_frequency(statistics_.passages, passages);
}

std::size_t passage_index::posting_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const auto& list : postings_) bytes += list.bytes();
  return bytes;
}

}  // namespace ask
