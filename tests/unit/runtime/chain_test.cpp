// Fused operators: whoever was in the middle goes on there, and opening, ending and closing keep their order.
#include "sage/runtime/chain.hpp"

#include <stdexcept>

#include "tests/repeat_operator.hpp"
#include "tests/unit/runtime/plans.hpp"

using namespace sage;
using namespace sage::runtime;
using operators::flow;
using sage::test::numbers_batch;
using sage::test::sent_over;

namespace {

// Writes down what is asked of it; may throw where it is told to.
class logging_operator final : public operators::operator_base {
 public:
  logging_operator(std::string name, std::vector<std::string>& log, std::string throws_at = {})
      : name_(std::move(name)), log_(log), throws_at_(std::move(throws_at)) {}
  void open(context&) override { note("open"); }
  flow on_batch(batch_ref records, operators::output& out) override {
    note("batch");
    fate_.passed += records->size();
    out.emit(0, std::move(records));
    return flow::done;
  }
  flow on_end(operators::output&) override {
    note("end");
    return flow::done;
  }
  void prepare(std::uint64_t) override { note("prepare"); }
  void commit(std::uint64_t) override { note("commit"); }
  void abort() noexcept override { log_.push_back(name_ + " abort"); }
  void close() override { note("close"); }

 private:
  void note(const std::string& what) {
    log_.push_back(name_ + " " + what);
    if (what == throws_at_) throw std::runtime_error(name_ + " can't " + what);
  }
  std::string name_;
  std::vector<std::string>& log_;
  std::string throws_at_;
};

// A chain with one gate at its end, over channel 0.
class chain_under_test {
 public:
  explicit chain_under_test(std::vector<operators::operator_ptr> logics, std::uint32_t window = 1000,
                            std::size_t batch_size = 2) {
    flow_settings settings;
    settings.window_batches = window;
    gates.push_back(
        std::make_unique<output_gate>(routing::make_partitioner({}, 1, 0), std::vector<channel_id>{0}, 1, settings));
    std::vector<chained_operator> links;
    for (std::size_t i = 0; i < logics.size(); ++i) {
      chained_operator one;
      one.logic = std::move(logics[i]);
      one.self = std::make_unique<context>("job", "op" + std::to_string(i), 0, 1, batch_size, time, test::pool(), 1);
      links.push_back(std::move(one));
    }
    const std::size_t last = links.size() - 1;
    it = std::make_unique<chain>(std::move(links), std::vector<gate_binding>{{last, 0, 0}}, gates);
  }
  [[nodiscard]] std::vector<operator_counters> counters() const {
    instance_counters all;
    it->count(all);
    return all.operators;
  }

  testing::manual_clock time;
  std::vector<std::unique_ptr<output_gate>> gates;
  effects out;
  std::unique_ptr<chain> it;
};

template <class... Logics>
std::vector<operators::operator_ptr> list(Logics... logics) {
  std::vector<operators::operator_ptr> all;
  (all.push_back(std::move(logics)), ...);
  return all;
}
auto repeat(std::size_t times) {
  return std::make_unique<test::repeat_operator>(times);
}

}  // namespace

TEST_CASE("a chain without credit suspends in the middle and loses nothing", "[runtime][chain]") {
  chain_under_test c(list(repeat(3), repeat(2)), 1);
  c.it->open();
  c.it->on_batch(0, numbers_batch(1, 4), 0, c.out);
  CHECK_FALSE(c.it->is_ready());
  int grants = 0;
  while (!c.it->is_ready()) {
    REQUIRE(++grants < 100);
    c.gates[0]->on_credit(0, 1, 1 << 20, 0, c.out);
    c.it->resume(0, c.out);
  }
  CHECK(grants > 8);
  std::vector<int> expected;
  for (int x = 1; x <= 4; ++x) expected.insert(expected.end(), 6, x);
  CHECK(sent_over(c.out, 0) == expected);
  CHECK(c.it->end(0, c.out));
  const auto counters = c.counters();
  CHECK(counters[0].records_in == 4);
  CHECK(counters[0].records_out == 12);
  CHECK(counters[1].records_in == 12);
  CHECK(counters[1].records_out == 24);
  c.it->close();
}

TEST_CASE("resume does nothing while the gate is without credit", "[runtime][chain]") {
  chain_under_test c(list(repeat(4)), 1);
  c.it->open();
  c.it->on_batch(0, numbers_batch(1, 2), 0, c.out);
  const std::size_t sent = sent_over(c.out, 0).size();
  CHECK_FALSE(c.it->resume(0, c.out));
  CHECK(sent_over(c.out, 0).size() == sent);
  c.it->close();
}

TEST_CASE("operators open, end and commit in order, and close in reverse", "[runtime][chain]") {
  std::vector<std::string> log;
  chain_under_test c(
      list(std::make_unique<logging_operator>("a", log), std::make_unique<logging_operator>("b", log)));
  c.it->open();
  c.it->on_batch(0, numbers_batch(1, 1), 0, c.out);
  c.it->end(0, c.out);
  c.it->prepare(0);
  c.it->commit(0);
  c.it->close();
  CHECK(log == std::vector<std::string>{"a open", "b open", "a batch", "b batch", "a end", "b end", "a prepare",
                                        "b prepare", "a commit", "b commit", "b close", "a close"});
}

TEST_CASE("when one can't open, those before it are closed, and it is named", "[runtime][chain]") {
  std::vector<std::string> log;
  chain_under_test c(list(std::make_unique<logging_operator>("a", log), std::make_unique<logging_operator>("b", log),
                          std::make_unique<logging_operator>("c", log, "open"),
                          std::make_unique<logging_operator>("d", log)));
  CHECK_THROWS_WITH(c.it->open(), "c can't open");
  CHECK(log == std::vector<std::string>{"a open", "b open", "c open", "b close", "a close"});
  CHECK(c.it->place() == "op2[0]");
}

TEST_CASE("every operator is closed, and the first that can't is the one that is told of", "[runtime][chain]") {
  std::vector<std::string> log;
  chain_under_test c(list(std::make_unique<logging_operator>("a", log, "close"),
                          std::make_unique<logging_operator>("b", log, "close"),
                          std::make_unique<logging_operator>("c", log)));
  c.it->open();
  CHECK_THROWS_WITH(c.it->close(), "b can't close");
  CHECK(log == std::vector<std::string>{"a open", "b open", "c open", "c close", "b close", "a close"});
  CHECK(c.it->place() == "op1[0]");
  c.it->close();  // nothing is left to close
}

TEST_CASE("what throws behind a fused operator is named as itself", "[runtime][chain]") {
  std::vector<std::string> log;
  chain_under_test c(list(repeat(1), std::make_unique<logging_operator>("b", log, "batch")));
  c.it->open();
  CHECK_THROWS_WITH(c.it->on_batch(0, numbers_batch(1, 1), 0, c.out), "b can't batch");
  CHECK(c.it->place() == "op1[0]");
}

// An operator of a user that emitted an empty batch made the filter behind it count the batch before once more.
TEST_CASE("an empty batch goes nowhere", "[runtime][chain][regression]") {
  class empty_handed final : public operators::operator_base {
   public:
    void open(context& self) override { self_ = &self; }
    flow on_batch(batch_ref records, operators::output& out) override {
      fate_.passed += records->size();
      out.emit(0, std::move(records));
      out.emit(0, erase(batch<int>::make(self_->pool(), 4)));
      return flow::done;
    }

   private:
    context* self_ = nullptr;
  };
  chain_under_test c(list(std::make_unique<empty_handed>(),
                          testing::declared<int>([](auto in) { return in.filter([](int x) { return x > 1; }); })()));
  c.it->open();
  c.it->on_batch(0, numbers_batch(1, 3), 0, c.out);
  CHECK(c.counters()[1].records_in == 3);
  CHECK(c.counters()[1].batches_in == 1);
  CHECK(c.counters()[1].passed == 2);
  CHECK(c.counters()[1].filtered == 1);
  c.it->close();
}

TEST_CASE("each suspension asks for its retry once, also when the moment is the same again", "[runtime][chain]") {
  int calls = 0;
  chain_under_test c(list(testing::declared<int>([&](auto in) {
    return in.map([&calls](int x) { return ++calls < 3 ? throw std::runtime_error("not yet") : x; })
        .on_error(retry(5));
  })()));
  c.it->open();
  c.it->on_batch(0, numbers_batch(1, 1), 0, c.out);
  CHECK(c.it->take_retry_at() == c.time.now());
  CHECK(c.it->take_retry_at() == std::nullopt);
  CHECK_FALSE(c.it->resume(0, c.out));
  CHECK(c.it->take_retry_at() == c.time.now());  // time stands still: the same moment, a new wait
  CHECK(c.it->resume(0, c.out));
  CHECK(c.it->take_retry_at() == std::nullopt);
  CHECK(sent_over(c.out, 0) == std::vector<int>{1});
  c.it->close();
}
