// conformance must accept what conforms and refuse what only works with one batch, its own batches or free outputs.
#include <numeric>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/repeat_operator.hpp"

namespace {

using namespace sage::testing;
using sage::batch;
using sage::batch_ref;
using sage::operators::flow;
using sage::operators::output;

std::vector<int> some_numbers() {
  std::vector<int> all(20);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

class operator_of_ints : public sage::operators::operator_base {
 public:
  void open(sage::context& self) override { self_ = &self; }

 protected:
  sage::context* self_ = nullptr;
};

// Emits one sum per batch: its results depend on how the input is cut.
class batch_sum final : public operator_of_ints {
  flow on_batch(batch_ref records, output& out) override {
    auto& in = static_cast<batch<int>&>(*records);
    auto made = batch<int>::make(self_->pool(), 1);
    made->emplace_back(std::accumulate(in.begin(), in.end(), 0));
    fate_.passed += in.size();
    out.emit(0, erase(std::move(made)));
    return flow::done;
  }
};

// Forgets the rest of a batch when its output wants a pause.
class forgetful final : public operator_of_ints {
  flow on_batch(batch_ref records, output& out) override {
    const std::uint64_t before = fate_.passed;
    for (const int x : static_cast<const batch<int>&>(*records)) {
      auto made = batch<int>::make(self_->pool(), 1);
      made->emplace_back(x);
      ++fate_.passed;
      if (!out.emit(0, erase(std::move(made)))) {
        fate_.passed = before + records->size();
        return flow::suspended;
      }
    }
    return flow::done;
  }
};

// Edits records in place whoever holds them.
class rude final : public operator_of_ints {
  flow on_batch(batch_ref records, output& out) override {
    for (int& x : static_cast<batch<int>&>(*records)) ++x;
    fate_.passed += records->size();
    out.emit(0, std::move(records));
    return flow::done;
  }
};

}  // namespace

TEST_CASE("conformance accepts an operator that conforms, after many runs", "[testing][conformance]") {
  const auto report =
      conformance<int, int>([] { return std::make_unique<sage::test::repeat_operator>(3); }, some_numbers());
  CHECK(report.runs > 500);
  CHECK(report.refusals > 400);
}

TEST_CASE("conformance names the run that deviates", "[testing][conformance]") {
  CHECK_THROWS_WITH((conformance<int, int>([] { return std::make_unique<batch_sum>(); }, some_numbers())),
                    Catch::Contains("port 0 differs from record 0 on (20 records, expected 1), with batches of 1 in, "
                                    "1 out"));
  CHECK_THROWS_WITH((conformance<int, int>([] { return std::make_unique<forgetful>(); }, some_numbers())),
                    Catch::Contains("refused"));
  CHECK_THROWS_WITH((conformance<int, int>([] { return std::make_unique<rude>(); }, some_numbers())),
                    Catch::Contains("changes records of a shared batch, with batches of 1 in, 1 out, shared"));
}
