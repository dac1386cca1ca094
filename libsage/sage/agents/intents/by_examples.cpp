#include "sage/agents/intents/by_examples.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>

#include "sage/base/error.hpp"

namespace sage {

using vector = std::vector<float>;

class by_examples::known {
 public:
  known(std::shared_ptr<embedding_model> model, std::vector<intent_examples> examples, example_options options)
      : model_(std::move(model)), options_(options) {
    if (!model_) throw error(errc::invalid_argument, "no embedding model", "by_examples");
    for (intent_examples& of : examples) {
      if (of.label.empty() || of.texts.empty()) {
        throw error(errc::invalid_argument, "a label without examples, or examples without a label", "by_examples");
      }
      for (std::string& text : of.texts) {
        labels_.push_back(of.label);
        texts_.push_back(std::move(text));
      }
    }
    if (texts_.empty()) throw error(errc::invalid_argument, "no examples", "by_examples");
  }

  [[nodiscard]] embedding_model& model() const noexcept { return *model_; }
  [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }
  [[nodiscard]] std::shared_ptr<const std::vector<vector>> vectors() const {
    const std::lock_guard lock(mutex_);
    return vectors_;
  }
  // Several may have asked at once; the first answer stays.
  std::shared_ptr<const std::vector<vector>> keep(std::vector<vector> made) {
    for (vector& one : made) normalize(one);
    const std::lock_guard lock(mutex_);
    if (!vectors_) vectors_ = std::make_shared<const std::vector<vector>>(std::move(made));
    return vectors_;
  }

  [[nodiscard]] intent vote(const std::vector<vector>& examples, vector text) const {
    normalize(text);
    std::vector<std::pair<double, std::size_t>> nearest;
    for (std::size_t i = 0; i < examples.size(); ++i) nearest.emplace_back(dot(examples[i], text), i);
    const std::size_t voters = std::min(std::max<std::size_t>(options_.neighbours, 1), nearest.size());
    std::partial_sort(
        nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(voters), nearest.end(),
        [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    std::map<std::string, std::pair<double, double>> by_label;  // sum of votes, nearest
    for (std::size_t i = 0; i < voters; ++i) {
      auto& [votes, best] = by_label[labels_[nearest[i].second]];
      votes += std::max(nearest[i].first, 0.0);
      best = std::max(best, nearest[i].first);
    }
    const auto winner = std::max_element(by_label.begin(), by_label.end(), [](const auto& a, const auto& b) {
      return a.second.first < b.second.first;
    });
    const double confidence = std::clamp(winner->second.second, 0.0, 1.0);
    if (confidence < options_.confidence_min) return {{}, confidence};
    return {winner->first, confidence};
  }

 private:
  static void normalize(vector& one) {
    double sum = 0;
    for (const float x : one) sum += static_cast<double>(x) * x;
    if (sum <= 0 || !std::isfinite(sum)) return;
    const auto scale = static_cast<float>(1 / std::sqrt(sum));
    for (float& x : one) x *= scale;
  }
  static double dot(const vector& a, const vector& b) {
    if (a.size() != b.size()) {
      throw error(errc::invalid_argument,
                  "vectors of " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " numbers",
                  "by_examples", "the model must not change");
    }
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
  }

  std::shared_ptr<embedding_model> model_;
  example_options options_;
  std::vector<std::string> labels_;
  std::vector<std::string> texts_;
  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<vector>> vectors_;
};

by_examples::by_examples(std::shared_ptr<embedding_model> model, std::vector<intent_examples> examples,
                         example_options options)
    : known_(std::make_shared<known>(std::move(model), std::move(examples), options)) {}

task<intent> by_examples::operator()(const std::string& text) const {
  const std::shared_ptr<known> its = known_;
  std::shared_ptr<const std::vector<vector>> examples = its->vectors();
  if (!examples) {
    std::vector<vector> made = co_await its->model().embed(its->texts());
    examples = its->keep(std::move(made));
  }
  const std::vector<std::string> asked{text};
  std::vector<vector> of_text = co_await its->model().embed(asked);
  if (of_text.size() != 1) throw error(errc::parse, "one text, but not one vector", "by_examples");
  co_return its->vote(*examples, std::move(of_text.front()));
}

}  // namespace sage
