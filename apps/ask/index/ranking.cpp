#include "ask/index/ranking.hpp"

#include <algorithm>
#include <cmath>

namespace ask {

namespace {

/// The mean length of a field; 1 for a field that is always empty, whose occurrences are 0 anyway.
double mean(std::uint64_t words, std::uint64_t passages) noexcept {
  return words == 0 ? 1.0 : static_cast<double>(words) / static_cast<double>(std::max<std::uint64_t>(passages, 1));
}

double normalized(std::uint32_t count, std::uint32_t length, double mean_length) noexcept {
  using ranking::b;
  return count == 0 ? 0.0 : count / (1.0 - b + b * length / mean_length);
}

}  // namespace

collection_statistics& collection_statistics::operator+=(const collection_statistics& other) noexcept {
  passages += other.passages;
  body_words += other.body_words;
  section_words += other.section_words;
  title_words += other.title_words;
  return *this;
}

double inverse_document_frequency(std::uint64_t passages, std::uint64_t passages_with_term) noexcept {
  const auto all = static_cast<double>(passages);
  const auto with = static_cast<double>(passages_with_term);
  return std::log(1.0 + (all - with + 0.5) / (with + 0.5));
}

term_weight::term_weight(const collection_statistics& collection) noexcept
    : body_mean_(mean(collection.body_words, collection.passages)),
      section_mean_(mean(collection.section_words, collection.passages)),
      title_mean_(mean(collection.title_words, collection.passages)) {}

double term_weight::operator()(const occurrences& count, const field_lengths& length) const noexcept {
  using namespace ranking;
  const double frequency = body_weight * normalized(count.body, length.body, body_mean_) +
                           section_weight * normalized(count.section, length.section, section_mean_) +
                           title_weight * normalized(count.title, length.title, title_mean_);
  return (k1 + 1.0) * frequency / (k1 + frequency);
}

}  // namespace ask
