// Dead letters that outlive their job and go back into the operator that gave up on them.
#include <atomic>
#include <set>

#include "sage/connectors/dead_letters/letter_folder.hpp"
#include "sage/dead_letters.hpp"
#include "tests/pipelines/engines.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

using letters::letter_folder;
using letters::letter_state;

struct order {
  std::int64_t id = 0;
  std::string item;
  std::optional<std::int64_t> amount;
};
SAGE_DESCRIBE(order, id, item, amount)

struct vault {
  std::int64_t id = 0;
  secret<std::string> key;
};
SAGE_DESCRIBE(vault, id, key)

const test::variant cases[] = {{"reference", 1, 64, true},
                               {"reference", 3, 7, false},
                               {"actors", 1, 64, true},
                               {"actors", 3, 7, false},
                               {"actors", 2, 1, true}};

std::unique_ptr<environment> keeping(const test::variant& one, const std::string& directory) {
  auto env = test::make_environment(one);
  env->options().dead_letters = dead_letter_queue({.directory = directory, .poll = 2ms});
  env->options().on_error = dead_letters;
  return env;
}

std::vector<letter_folder::listed> letters_in(const std::string& directory) {
  std::vector<letter_folder::listed> all;
  letter_folder(system_files(), directory).for_each([&](letter_folder::listed& one) {
    all.push_back(std::move(one));
    return true;
  });
  return all;
}

std::size_t count_in(const std::vector<letter_folder::listed>& all, letter_state state) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& one) { return one.state == state; }));
}

void ask_all(const std::string& directory) {
  letter_folder folder(system_files(), directory);
  std::vector<letters::kept_letter> asked;
  for (auto& one : letters_in(directory)) {
    if (one.state == letter_state::waiting) asked.push_back(std::move(one.letter));
  }
  folder.ask_replays(std::move(asked));
}

struct counting {
  using accumulator = std::pair<std::int64_t, std::int64_t>;
  void add(accumulator& acc, const std::int64_t& one) const {
    ++acc.first;
    acc.second += one;
  }
  std::pair<std::int64_t, accumulator> result(std::int64_t key, accumulator acc) const { return {key, acc}; }
};

std::vector<order> orders(std::int64_t from, std::int64_t to) {
  std::vector<order> all;
  for (std::int64_t i = from; i < to; ++i) all.push_back(order{i, "item " + std::to_string(i), i});
  return all;
}

// Orders are checked in the middle of a chain and added up by item behind a shuffle, where others are refused.
void declare(environment& env, std::vector<order> input, bool healthy,
             collected<std::pair<std::int64_t, std::int64_t>>& out) {
  env.from_source(collection<order>(std::move(input)))
      .map([](order one) {
        one.item += "!";
        return one;
      })
      .name("marked")
      .map([healthy](const order& one) {
        if (!healthy && one.id % 10 == 3) throw std::runtime_error("no order " + std::to_string(one.id));
        return one;
      })
      .name("checked")
      .key_by([](const order& one) { return one.id % 7; })
      .process([healthy](const order& one, collector<std::pair<std::int64_t, std::int64_t>>& to) {
        if (!healthy && one.id % 10 == 5) throw std::runtime_error("no sum of " + std::to_string(one.id));
        to.push({one.id % 7, one.id});
      })
      .name("added")
      .sink(collect_into(out));
}

}  // namespace

TEST_CASE("dead letters are kept with all that is known, and go back into the operator that gave up on them",
          "[pipeline][dead_letter_queue]") {
  for (const test::variant& one : cases) {
    INFO(one.title());
    const test::scratch_folder scratch;
    const std::string directory = scratch / "dlq";
    collected<std::pair<std::int64_t, std::int64_t>> out;
    {
      const auto env = keeping(one, directory);
      declare(*env, orders(0, 100), false, out);
      env->execute("orders");
    }
    CHECK(out.records().size() == 80);
    const auto kept = letters_in(directory);
    REQUIRE(kept.size() == 20);
    std::set<std::uint64_t> numbers;
    for (const auto& each : kept) {
      numbers.insert(each.letter.number);
      CHECK(each.letter.returns);
      CHECK(each.letter.job == "orders");
      const auto record =
          from_msgpack<order>({reinterpret_cast<const char*>(each.letter.record.data()), each.letter.record.size()});
      REQUIRE(record);
      CHECK(record->item == "item " + std::to_string(record->id) + "!");
      const bool checked = record->id % 10 == 3;
      CHECK(each.letter.operator_name == (checked ? "checked" : "added"));
      CHECK(each.letter.error == (checked ? "no order " : "no sum of ") + std::to_string(record->id));
    }
    CHECK(numbers.size() == 20);
    CHECK(*numbers.rbegin() == 20);

    ask_all(directory);
    CHECK(count_in(letters_in(directory), letter_state::marked) == 20);
    {
      const auto env = keeping(one, directory);
      declare(*env, orders(100, 110), true, out);
      env->execute("orders");
    }
    std::vector<std::pair<std::int64_t, std::int64_t>> wanted;
    for (std::int64_t i = 0; i < 110; ++i) wanted.emplace_back(i % 7, i);
    std::sort(wanted.begin(), wanted.end());
    CHECK(test::sorted(out) == wanted);
    CHECK(count_in(letters_in(directory), letter_state::replayed) == 20);
    {
      const auto env = keeping(one, directory);
      declare(*env, orders(200, 201), true, out);
      env->execute("orders");
    }
    CHECK(out.records().size() == 111);  // nothing comes twice
  }
}

TEST_CASE("a replay that fails again is a letter of its own", "[pipeline][dead_letter_queue]") {
  for (const test::variant& one : cases) {
    INFO(one.title());
    const test::scratch_folder scratch;
    const std::string directory = scratch / "dlq";
    for (const int run : {1, 2}) {
      const auto env = keeping(one, directory);
      collected<std::pair<std::int64_t, std::int64_t>> out;
      declare(*env, run == 1 ? orders(3, 4) : orders(4, 5), false, out);
      env->execute("orders");
      if (run == 1) ask_all(directory);
    }
    const auto kept = letters_in(directory);
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].state == letter_state::replayed);
    CHECK(kept[1].state == letter_state::waiting);
    CHECK(kept[1].letter.error == "no order 3");
  }
}

TEST_CASE("what can't go back says why, as a letter", "[pipeline][dead_letter_queue]") {
  const test::scratch_folder scratch;
  const std::string directory = scratch / "dlq";
  {
    const auto env = keeping(cases[3], directory);
    collected<std::pair<std::int64_t, std::int64_t>> out;
    declare(*env, orders(3, 4), false, out);
    env->from_source(collection<vault>({{1, secret<std::string>("open sesame")}}))
        .filter([](const vault&) -> bool { throw std::runtime_error("closed"); })
        .name("vaults")
        .sink(discard());
    env->execute("orders");
  }
  auto kept = letters_in(directory);
  REQUIRE(kept.size() == 2);
  for (const auto& each : kept) {
    const std::string bytes(reinterpret_cast<const char*>(each.letter.record.data()), each.letter.record.size());
    CHECK(bytes.find("sesame") == std::string::npos);
    CHECK(each.letter.returns == (each.letter.operator_name == "checked"));
  }
  ask_all(directory);
  const auto env = keeping(cases[3], directory);
  env->from_source(range<int>(0, 1)).filter([](int) { return true; }).name("checked").sink(discard());
  env->from_source(range<int>(0, 1)).filter([](int) { return true; }).name("vaults").sink(discard());
  env->execute("others");
  kept = letters_in(directory);
  REQUIRE(kept.size() == 4);
  CHECK(count_in(kept, letter_state::replayed) == 2);
  for (std::size_t i = 2; i < 4; ++i) {
    CHECK_THAT(kept[i].letter.error,
               Catch::Contains("can't be tried again: ") &&
                   (Catch::Contains("the operator takes int") || Catch::Contains("holds secrets")));
  }
}

TEST_CASE("a job that runs takes replays without being started anew", "[pipeline][dead_letter_queue]") {
  // A source that has one record, and ends when the test says so.
  struct shared_state {
    std::atomic<bool> over{false};
    std::shared_ptr<waker> engine;
  };
  struct held_source {
    using record_type = order;
    std::shared_ptr<shared_state> state;
    class reader final : public source_reader<order> {
     public:
      explicit reader(std::shared_ptr<shared_state> state) : state_(std::move(state)) {}
      void open(context& self) override { state_->engine = self.engine(); }
      void start(const split&, std::uint64_t position) override { read_ = position; }
      read_status read(batch<order>& into, std::size_t) override {
        if (read_ == 0) {
          ++read_;
          into.emplace_back(order{3, "first", 1});
          return read_status::more;
        }
        return state_->over ? read_status::end_of_split : read_status::idle;
      }
      std::uint64_t position() const override { return read_; }

     private:
      std::shared_ptr<shared_state> state_;
      std::uint64_t read_ = 0;
    };
    source_plan plan() const { return source_plan{{split{"held", 0, 0, 0}}}; }
    std::unique_ptr<source_reader<order>> make_reader() const { return std::make_unique<reader>(state); }
  };
  for (const test::variant& one : {cases[2], cases[3]}) {
    INFO(one.title());
    const test::scratch_folder scratch;
    const std::string directory = scratch / "dlq";
    const auto state = std::make_shared<shared_state>();
    std::atomic<int> calls{0};
    std::atomic<int> arrived{0};
    const auto env = keeping(one, directory);
    env->from_source(held_source{state})
        .map([&](const order& each) {
          if (calls++ == 0) throw std::runtime_error("not yet");
          return each;
        })
        .name("checked")
        .sink([&](const order&) {
          arrived = 1;
          arrived.notify_all();
        });
    const job started = env->submit("held");
    while (!system_files().status(directory) || letters_in(directory).empty()) std::this_thread::yield();
    ask_all(directory);
    arrived.wait(0);
    CHECK(started.state() == job_state::running);
    state->over = true;
    state->engine->wake();
    CHECK(started.wait().state == job_state::done);
    CHECK(count_in(letters_in(directory), letter_state::replayed) == 1);
  }
}

TEST_CASE("with checkpoints, letters and replays are exact although the job fails and begins again",
          "[pipeline][dead_letter_queue]") {
  for (const test::variant& one : cases) {
    INFO(one.title());
    const test::scratch_folder scratch;
    const std::string directory = scratch / "dlq";
    collected<std::pair<std::int64_t, std::pair<std::int64_t, std::int64_t>>> out;
    for (const bool healthy : {false, true}) {
      const auto env = keeping(one, directory);
      env->options().checkpoints.directory = scratch / (healthy ? "second" : "first");
      env->options().checkpoints.interval = 2ms;
      env->options().restarts.backoff = 1'000'000;
      std::atomic<std::int64_t> seen{0};
      std::atomic<int> failures_left{3};
      env->from_source(range<std::int64_t>(healthy ? 40'000 : 0, healthy ? 80'000 : 40'000, 4))
          .map([&, healthy](const std::int64_t& i) {
            if (!healthy && i % 100 == 7) throw std::runtime_error("poison " + std::to_string(i));
            return i;
          })
          .name("checked")
          .map([&](const std::int64_t& i) {
            if (++seen % 15'000 == 0 && failures_left.fetch_sub(1) > 0) throw error(errc::io, "the network is gone");
            return i;
          })
          .on_error(fail)
          .key_by([](std::int64_t i) { return i % 50; })
          .aggregate(counting{})
          .sink(collect_into(out));
      const job started = env->submit("poisoned");
      CHECK(started.wait().state == job_state::done);
      CHECK(started.failures().size() >= 2);
      const auto kept = letters_in(directory);
      CHECK(kept.size() == 400);
      std::set<std::string> errors;
      for (const auto& each : kept) errors.insert(each.letter.error);
      CHECK(errors.size() == 400);
      if (!healthy) ask_all(directory);
      CHECK(count_in(kept, letter_state::replayed) == (healthy ? 400 : 0));
    }
    std::int64_t count = 0;
    std::int64_t sum = 0;
    for (const auto& [key, its] : out.records()) {
      count += its.first;
      sum += its.second;
    }
    CHECK(count == 80'000);
    CHECK(sum == std::int64_t{80'000} * 79'999 / 2);
  }
}

TEST_CASE("a queue without room fails the job, and says what to do", "[pipeline][dead_letter_queue]") {
  const test::scratch_folder scratch;
  const auto env = keeping(cases[2], scratch / "dlq");
  env->options().dead_letters = dead_letter_queue({.directory = scratch / "dlq", .bytes_max = 64 << 10});
  env->from_source(range<int>(0, 100'000))
      .map([](const int& i) -> int { throw std::runtime_error("poison " + std::to_string(i)); })
      .sink(discard());
  CHECK_THROWS_WITH(env->execute("full"),
                    Catch::Contains("the dead letters are full") && Catch::Contains("purge some"));
  CHECK(letters_in(scratch / "dlq").size() > 100);
}

TEST_CASE("a default is for those who say nothing", "[pipeline][dead_letter_queue]") {
  const test::scratch_folder scratch;
  const auto env = keeping(cases[2], scratch / "dlq");
  collected<int> out;
  env->from_source(range<int>(0, 10))
      .map([](const int& i) {
        if (i == 3) throw std::runtime_error("no 3");
        return i;
      })
      .name("says_nothing")
      .map([](const int& i) {
        if (i == 4) throw std::runtime_error("no 4");
        return i;
      })
      .name("drops")
      .on_error(drop)
      .sink(collect_into(out));
  const job_result done = env->execute("defaults");
  CHECK(test::sorted(out) == std::vector<int>{0, 1, 2, 5, 6, 7, 8, 9});
  CHECK(done.metrics.total("drops").dropped == 1);
  CHECK(done.metrics.total("says_nothing").dead_lettered == 1);
  REQUIRE(letters_in(scratch / "dlq").size() == 1);
}
