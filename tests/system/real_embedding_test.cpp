// Embeddings of a sentence encoder that knows English: tests/real.
#include <atomic>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "sage/llm/models/batching_embedding_model.hpp"
#include "tests/catch.hpp"
#include "tests/system/real_models.hpp"

namespace {

using namespace sage;
using namespace sage::testing;

using vectors = std::vector<std::vector<float>>;

vectors embed(const real_server& server, const std::vector<std::string>& texts) {
  const auto model = sentence_encoder(server);
  const auto work = [model, texts](int) -> task<vectors> {
    vectors all = co_await model->embed(texts);
    co_return all;
  };
  return run_all(std::vector<int>{1}, work).at(0);
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0, a_square = 0, b_square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    a_square += a[i] * a[i];
    b_square += b[i] * b[i];
  }
  return product / std::sqrt(a_square * b_square);
}

TEST_CASE("a real encoder puts a paraphrase nearer than other sentences", "[system][real]") {
  const real_server server("embedding_server.mjs");
  const vectors all = embed(server, {"How do I get my money back?", "I would like a refund of my payment.",
                                     "The mountains are covered with snow.", "Which train goes to the airport?"});
  REQUIRE(all.size() == 4);
  for (const std::vector<float>& one : all) CHECK(one.size() == 512);
  const double paraphrase = cosine(all[0], all[1]);
  CHECK(paraphrase > cosine(all[0], all[2]) + 0.2);
  CHECK(paraphrase > cosine(all[0], all[3]) + 0.2);
  CHECK(cosine(all[0], all[0]) == Approx(1));
}

TEST_CASE("a real encoder's vectors are the same as numbers and as base64", "[system][real]") {
  const real_server numbers("embedding_server.mjs");
  const real_server base64("embedding_server.mjs", {"--encoding", "base64"});
  const std::vector<std::string> texts = {"one sentence", "", "zwölf Boxkämpfer \xF0\x9F\xA5\x8A"};
  CHECK(embed(numbers, texts) == embed(base64, texts));
}

TEST_CASE("more texts than one request takes come back in their order", "[system][real]") {
  const real_server server("embedding_server.mjs");
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back("sentence number " + std::to_string(i));
  const vectors all = embed(server, texts);
  REQUIRE(all.size() == texts.size());
  const vectors some = embed(server, {texts[0], texts[255], texts[256], texts[299]});
  CHECK(cosine(all[0], some[0]) == Approx(1));
  CHECK(cosine(all[255], some[1]) == Approx(1));
  CHECK(cosine(all[256], some[2]) == Approx(1));
  CHECK(cosine(all[299], some[3]) == Approx(1));
}

// Counts the requests that reach the encoder.
class counting_model final : public embedding_model {
 public:
  explicit counting_model(std::shared_ptr<embedding_model> inner) : inner_(std::move(inner)) {}
  task<vectors> embed(const std::vector<std::string>& texts) override {
    ++requests;
    vectors all = co_await inner_->embed(texts);
    co_return all;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return inner_->name(); }
  std::atomic<int> requests{0};

 private:
  std::shared_ptr<embedding_model> inner_;
};

TEST_CASE("calls that are gathered get what the real encoder gives each of them alone", "[system][real]") {
  constexpr int calls = 64;
  const real_server server("embedding_server.mjs");
  const auto counted = std::make_shared<counting_model>(sentence_encoder(server));
  const auto gathered = std::make_shared<batching_embedding_model>(counted);
  std::vector<int> numbers(calls);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto texts_of = [](int i) {
    return std::vector<std::string>{"Order number " + std::to_string(i) + " is late.", "Is the museum open today?"};
  };
  const auto work = [gathered, texts_of](int i) -> task<vectors> {
    const std::vector<std::string> texts = texts_of(i);
    vectors all = co_await gathered->embed(texts);
    co_return all;
  };
  const std::vector<vectors> together = run_all(numbers, work, {.capacity = calls});
  REQUIRE(together.size() == calls);
  CHECK(counted->requests >= 1);
  CHECK(counted->requests <= calls / 4);  // 64 calls of 2 texts are at once under way
  for (const int i : {0, 1, 31, 63}) {
    const vectors alone = embed(server, texts_of(i));
    const vectors& its = together[static_cast<std::size_t>(i)];
    REQUIRE(its.size() == 2);
    CHECK(cosine(its[0], alone[0]) == Approx(1));
    CHECK(cosine(its[1], alone[1]) == Approx(1));
    CHECK(cosine(its[0], alone[1]) < 0.9);
  }
}

}  // namespace
