// How answers are printed: as text for people, as JSON for programs.
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "ask/answer.hpp"

namespace ask {

namespace {

constexpr int json_version = 1;

std::string with_two_decimals(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.2f", value);
  return digits;
}

/// Scores in JSON with four decimals: more would only differ between compilers.
double rounded(double score) {
  return std::round(score * 1e4) / 1e4;
}

}  // namespace

std::string to_text(const answer& given) {
  std::string out = "Question: " + given.question + "\n";
  if (given.passages.empty()) out += "  no document has any of these words\n";
  std::size_t rank = 0;
  for (const auto& found : given.passages) {
    out += "  " + std::to_string(++rank) + ". ";
    const auto& headline = found.section.empty() ? found.title : found.section;
    if (!headline.empty()) out += headline + "\n     ";
    out += found.path + "  (score " + with_two_decimals(found.score) + ")\n";
    for (const auto& sentence : found.extract) out += "       " + sentence + "\n";
    if (!found.also_in.empty()) {
      out += "       (the same in " + std::to_string(found.also_in.size()) + " more)\n";
    }
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
  const nlohmann::ordered_json whole{
      {"version", json_version}, {"question", given.question}, {"passages", std::move(passages)}};
  // A path may hold any bytes: what is no UTF-8 is replaced rather than failing the answer.
  return whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ask
