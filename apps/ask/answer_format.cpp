// How answers are printed: as text for people, as JSON for programs.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "ask/answer.hpp"

namespace ask {

namespace {

constexpr int json_version = 1;

/// Fused scores are small: 1/60 at most from each ranking.
std::string shown_score(double value, retrieval how) {
  char digits[32];
  std::snprintf(digits, sizeof digits, how == retrieval::bm25 ? "%.2f" : "%.4f", value);
  return digits;
}

/// Scores in JSON with four decimals: more would only differ between compilers.
double rounded(double score) {
  return std::round(score * 1e4) / 1e4;
}

/// "  1. Headline" and, below it, the path.
std::string headline(const found_passage& found, const std::string& number, retrieval how) {
  std::string out = "  " + number + " ";
  const auto& text = found.section.empty() ? found.title : found.section;
  if (!text.empty()) out += text + "\n     ";
  return out + found.path + "  (score " + shown_score(found.score, how) + ")\n";
}

bool is_cited(const written_answer& written, std::size_t number) {
  return std::any_of(written.citations.begin(), written.citations.end(),
                     [&](const citation& one) { return one.number == number; });
}

nlohmann::ordered_json json_of(const written_answer& written) {
  auto citations = nlohmann::ordered_json::array();
  for (const auto& one : written.citations) {
    citations.push_back({{"passage", one.number}, {"claim", one.claim}, {"supported", one.is_supported}});
  }
  return {{"text", written.text},
          {"model", written.model},
          {"cut", written.is_cut},
          {"citations", std::move(citations)},
          {"citations_removed", written.removed}};
}

}  // namespace

std::string to_text(const answer& given) {
  std::string out = "Question: " + given.question + "\n";
  if (given.passages.empty()) out += "  no document has any of these words\n";
  std::size_t rank = 0;
  for (const auto& found : given.passages) {
    out += headline(found, std::to_string(++rank) + ".", given.how);
    for (const auto& sentence : found.extract) out += "       " + sentence + "\n";
    if (!found.also_in.empty()) {
      out += "       (the same in " + std::to_string(found.also_in.size()) + " more)\n";
    }
  }
  return out;
}

std::string sources_text(const answer& given) {
  const auto& written = *given.written;
  std::string out;
  if (written.is_cut) out += "  (the model stopped before the end of its answer)\n";
  if (written.removed > 0) {
    out += "  (" + std::to_string(written.removed) + " citations of passages that aren't there were removed)\n";
  }
  const bool is_doubtful = std::any_of(written.citations.begin(), written.citations.end(),
                                       [](const citation& one) { return !one.is_supported; });
  if (is_doubtful) out += "  ([n?]: passage n doesn't seem to say this)\n";
  if (written.citations.empty()) out += "  (no passage is cited: what was found)\n";
  for (std::size_t number = 1; number <= given.passages.size(); ++number) {
    if (!written.citations.empty() && !is_cited(written, number)) continue;
    out += headline(given.passages[number - 1], "[" + std::to_string(number) + "]", given.how);
  }
  return out;
}

std::string to_json(const answer& given) {
  auto passages = nlohmann::ordered_json::array();
  std::size_t rank = 0;
  for (const auto& found : given.passages) {
    passages.push_back({{"rank", ++rank},
                        {"score", rounded(found.score)},
                        {"path", found.path},
                        {"title", found.title},
                        {"section", found.section},
                        {"ordinal", found.ordinal},
                        {"extract", found.extract},
                        {"text", found.text},
                        {"also_in", found.also_in}});
  }
  nlohmann::ordered_json whole{{"version", json_version},
                               {"question", given.question},
                               {"retrieval", to_string(given.how)},
                               {"passages", std::move(passages)}};
  if (given.written) whole["answer"] = json_of(*given.written);
  // A path may hold any bytes: what is no UTF-8 is replaced rather than failing the answer.
  return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ask
