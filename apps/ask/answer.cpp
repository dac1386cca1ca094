#include "ask/answer.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "ask/limits.hpp"
#include "ask/sentence_evidence.hpp"
#include "ask/text/blocks.hpp"

namespace ask {

namespace {

/// Passages of the first ranking that are looked at more closely: enough for those that repeat a better one, too.
constexpr std::size_t candidates_min = 200;
constexpr std::size_t candidates_per_passage = 30;

/// A text with at least this share of English function words is English (prose has about 0.4, German 0.05); a folder
/// that is English as a whole vouches for its tables and code. Who asks in English gets English first.
constexpr double english_share_min = 0.2;
constexpr double english_folder_share_min = 0.3;
constexpr double other_language_factor = 0.7;

/// Share of common words from which on two passages say the same (translated books keep whole chapters in English).
constexpr double same_share_min = 0.8;

/// The distinct words of a passage as sorted hashes: enough to tell whether two say the same.
std::vector<std::size_t> fingerprint(std::string_view text) {
  std::vector<std::size_t> words;
  word next;
  for (word_reader reader(text); reader.next(next);) words.push_back(std::hash<std::string_view>{}(next.text));
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

/// Jaccard's similarity: common words over all words.
double similarity(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  std::size_t common = 0;
  for (auto left = a.begin(), right = b.begin(); left != a.end() && right != b.end();) {
    if (*left == *right) ++common;
    const bool moves_left = *left <= *right;
    const bool moves_right = *right <= *left;
    if (moves_left) ++left;
    if (moves_right) ++right;
  }
  const auto all = a.size() + b.size() - common;
  return all == 0 ? 1.0 : static_cast<double>(common) / static_cast<double>(all);
}

bool is_english(std::string_view question) {
  word_counts counts;
  word next;
  for (word_reader words(question); words.next(next);) {
    ++counts.words;
    if (is_stop_word(next.text)) ++counts.function_words;
  }
  return counts.function_share() >= english_share_min;
}

bool is_english(const passage_index& index, const indexed_passage& passage) {
  const word_counts own{passage.length.body, passage.function_words};
  return own.function_share() >= english_share_min ||
         index.folder_counts(passage).function_share() >= english_folder_share_min;
}

std::size_t candidates(std::size_t count) {
  return std::max(candidates_min, count * candidates_per_passage);
}

/// Passages in the language of the question before the others.
std::vector<hit> by_language(const passage_index& index, std::string_view question, std::vector<hit> ranked) {
  if (!is_english(question)) return ranked;
  for (auto& entry : ranked) {
    if (!is_english(index, index.passage(entry.passage))) entry.score *= other_language_factor;
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const hit& a, const hit& b) { return a.score > b.score; });
  return ranked;
}

found_passage describe(const passage_index& index, const hit& best) {
  const auto& source = index.passage(best.passage);
  found_passage found;
  found.path = index.path_of(source);
  found.title = index.title_of(source);
  found.section = source.section;
  found.ordinal = source.ordinal;
  found.score = best.score;
  found.text = source.text;
  return found;
}

/// Passages that say the same. A translated book keeps whole chapters of the original: of such passages the one is
/// given whose folder is most in English, as the passages themselves are.
struct group {
  std::vector<std::size_t> words;
  std::vector<hit> members;  ///< the best first
  double score = 0;
};

std::vector<group>::iterator same_in(std::vector<group>& groups, const std::vector<std::size_t>& words) {
  return std::find_if(groups.begin(), groups.end(),
                      [&](const group& earlier) { return similarity(earlier.words, words) >= same_share_min; });
}

std::vector<group> grouped(const passage_index& index, const std::vector<hit>& ranked, std::size_t count) {
  std::vector<group> groups;
  for (const auto& entry : ranked) {
    auto words = fingerprint(index.passage(entry.passage).text);
    if (const auto same = same_in(groups, words); same != groups.end()) {
      same->members.push_back(entry);
    } else if (groups.size() < count) {
      groups.push_back({std::move(words), {entry}, entry.score});
    }
  }
  return groups;
}

/// Both rankings in one, by the ranks of what says the same.
std::vector<group> fused(std::vector<group> all, std::vector<group> others) {
  std::vector<hit> first;
  std::vector<hit> second;
  const auto place = [&](const group& of) { return static_cast<std::uint32_t>(&of - all.data()); };
  all.reserve(all.size() + others.size());  // so that places stay
  for (const auto& one : all) first.push_back({place(one), one.score});
  for (auto& other : others) {
    auto same = same_in(all, other.words);
    if (same == all.end()) {
      same = all.insert(same, std::move(other));
    } else {
      for (const auto& member : other.members) {
        const bool is_known = std::any_of(same->members.begin(), same->members.end(),
                                          [&](const hit& known) { return known.passage == member.passage; });
        if (!is_known) same->members.push_back(member);
      }
    }
    // Two of the others may say the same as one of the first: a ranking has it once.
    const bool is_there = std::any_of(second.begin(), second.end(),
                                      [&](const hit& earlier) { return earlier.passage == place(*same); });
    if (!is_there) second.push_back({place(*same), 0});
  }
  std::vector<group> ranked;
  for (const auto& one : ask::fused(first, second)) {
    ranked.push_back(std::move(all[one.passage]));
    ranked.back().score = one.score;
  }
  return ranked;
}

found_passage describe(const passage_index& index, const group& same) {
  const auto& chosen = *std::max_element(same.members.begin(), same.members.end(), [&](const auto& a, const auto& b) {
    return index.folder_counts(index.passage(a.passage)).function_share() <
           index.folder_counts(index.passage(b.passage)).function_share();
  });
  auto found = describe(index, {chosen.passage, same.score});
  for (const auto& member : same.members) {
    const auto path = index.path_of(index.passage(member.passage));
    const bool is_known = std::find(found.also_in.begin(), found.also_in.end(), path) != found.also_in.end();
    if (path != found.path && !is_known) found.also_in.emplace_back(path);
  }
  return found;
}

}  // namespace

namespace {

using by_vector = std::function<std::vector<hit>(std::size_t)>;

answer answer_with(const passage_index& index, std::string_view question, retrieval how, const by_vector& nearest,
                   term_finder& terms, std::size_t count) {
  count = std::min(count, limits::hits_max);
  answer given;
  given.how = how;
  given.question = text::cut_utf8(text::trim(question), limits::question_bytes_max);
  const weighted_question wanted(index, question_terms(given.question, terms));
  // Each ranking brings as many passages as the answer has. From longer ones a passage that is somewhere in both
  // would come before the first of one: with ten instead of three, fewer questions of tests/ask/questions.txt are
  // answered.
  std::vector<group> found;
  if (how != retrieval::vectors) {
    auto by_words = index.search(wanted.terms(), candidates(count));
    found = grouped(index, by_language(index, given.question, std::move(by_words)), count);
  }
  if (how != retrieval::bm25) {
    auto near = grouped(index, by_language(index, given.question, nearest(candidates(count))), count);
    found = how == retrieval::hybrid ? fused(std::move(found), std::move(near)) : std::move(near);
  }
  if (found.size() > count) found.resize(count);
  for (const auto& same : found) {
    given.passages.push_back(describe(index, same));
    given.passages.back().extract = extract_sentences(wanted, given.passages.back().text, terms);
  }
  return given;
}

}  // namespace

answer answer_question(const passage_index& index, std::string_view question, term_finder& terms, std::size_t count) {
  return answer_with(index, question, retrieval::bm25, {}, terms, count);
}

answer answer_question(const document_index& index, std::string_view question, std::span<const float> question_vector,
                       retrieval how, term_finder& terms, std::size_t count) {
  const auto nearest = [&](std::size_t wanted) { return index.vectors->search(question_vector, wanted); };
  return answer_with(index.texts, question, how, nearest, terms, count);
}

}  // namespace ask
