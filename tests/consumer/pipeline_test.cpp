// The application's own test, linked with sage::testing: an operator of its own in a harness, a pipeline with probes.
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include <sage/sage.hpp>
#include <sage/testing.hpp>

namespace {

// Emits the sum of each two neighbours.
class neighbour_sums final : public sage::operators::operator_base {
 public:
  using input_type = int;
  using output_type = int;

  void open(sage::context& self) override { self_ = &self; }
  sage::operators::flow on_batch(sage::batch_ref records, sage::operators::output& out) override {
    const auto& in = sage::batch_cast<int>(*records);
    auto made = sage::batch<int>::make(self_->pool(), in.size());
    for (const int x : in) {
      if (has_last_) made->emplace_back(last_ + x);
      last_ = x;
      has_last_ = true;
    }
    fate_.passed += in.size();
    out.emit(sage::operators::main_port, erase(std::move(made)));
    return sage::operators::flow::done;
  }

 private:
  sage::context* self_ = nullptr;
  int last_ = 0;
  bool has_last_ = false;
};

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("not so: %s\n", what);
  ++failures;
}

void test_operator() {
  using namespace sage::testing;
  operator_harness<int> harness(std::make_unique<neighbour_sums>());
  expect(run_script(harness, "1 2 / 3 10 |") == std::vector<int>{3, 5, 13}, "neighbours are summed over batches");
  const auto make = [] { return std::make_unique<neighbour_sums>(); };
  expect(conformance<int, int>(make, {1, 2, 3, 4, 5, 6, 7, 8, 9}).runs > 100, "it conforms");
}

void test_pipeline() {
  sage::testing::scripted_source<int> source;
  sage::testing::corked_sink<int> sink;
  sage::reference_environment env;
  env.from_source(source).transform("sums", [] { return std::make_unique<neighbour_sums>(); }).sink(sink);
  sage::job job = env.submit("probed");
  source.emit({1, 2, 3});
  sink.wait_until_holding();
  expect(sink.size() == 0, "a corked sink takes nothing");
  sink.uncork();
  source.emit({4}).end();
  job.wait();
  expect(sink.records() == std::vector<int>{3, 5, 7}, "and everything when it is uncorked");
}

}  // namespace

int main() {
  test_operator();
  test_pipeline();
  return failures == 0 ? 0 : 1;
}
