// What checkpoints cost: throughput with one every second, how fast state is written and read back, how long a job
// that died takes to work again, and how long a barrier takes behind a slow sink.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sage/sage.hpp>

#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;
using sage::bench::nanoseconds_now;
using namespace std::chrono_literals;

constexpr std::uint64_t keys = 200'000;        // of the job whose throughput is measured
constexpr std::uint64_t state_keys = 800'000;  // of the state that is written and read back: about 100 MiB

class folder {
 public:
  folder() : path_((std::filesystem::temp_directory_path() / "sage-bench-checkpoints").string()) {
    std::filesystem::remove_all(path_);
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

struct sum_up {
  sage::value_state<std::uint64_t> sum;
  void open(sage::context& self) { sum = sage::value_state<std::uint64_t>(self, "sum"); }
  void operator()(std::uint64_t one, sage::collector<std::uint64_t>& out) {
    sum.set(sum.value_or(0) + one);
    if (one % 4096 == 0) out.push(one);
  }
};

void run(std::uint64_t records, bool with_checkpoints) {
  const folder where;
  sage::environment_options options;
  options.parallelism = 1;
  if (with_checkpoints) {
    options.checkpoints.directory = where.path();
    options.checkpoints.interval = 1s;
  }
  sage::local_environment env(options);
  std::uint64_t seen = 0;
  env.from_source(sage::range<std::uint64_t>(0, records))
      .key_by([](std::uint64_t one) { return one % keys; })
      .process(sum_up{})
      .sink([&seen](std::uint64_t) { ++seen; });
  const sage::job job = env.submit("throughput");
  job.wait();
  check(seen == (records + 4095) / 4096, "all records");
  // The last one comes at the end.
  check(!with_checkpoints || job.checkpoints().completed >= 2, "checkpoints were taken");
}

// Fills the state, then waits; taken up again, it has one record more.
struct filling_source {
  using record_type = std::uint64_t;
  std::shared_ptr<std::atomic<std::uint64_t>> emitted;
  class reader final : public sage::source_reader<std::uint64_t> {
   public:
    explicit reader(std::shared_ptr<std::atomic<std::uint64_t>> emitted) : emitted_(std::move(emitted)) {}
    void start(const sage::split&, std::uint64_t position) override { at_ = position; }
    sage::read_status read(sage::batch<std::uint64_t>& into, std::size_t records_max) override {
      if (at_ >= state_keys && fresh_) return sage::read_status::idle;
      if (at_ >= state_keys) {
        into.emplace_back(at_++);
        fresh_ = true;
        return sage::read_status::more;
      }
      fresh_ = true;
      while (into.size() < records_max && at_ < state_keys) into.emplace_back(at_++);
      *emitted_ = at_;
      return sage::read_status::more;
    }
    [[nodiscard]] std::uint64_t position() const override { return at_; }

   private:
    std::shared_ptr<std::atomic<std::uint64_t>> emitted_;
    std::uint64_t at_ = 0;
    bool fresh_ = false;  // it has read in this life
  };
  [[nodiscard]] sage::source_plan plan() const { return {{sage::split{"filling", 0, 0, 0}}}; }
  [[nodiscard]] std::unique_ptr<sage::source_reader<std::uint64_t>> make_reader() const {
    return std::make_unique<reader>(emitted);
  }
};

struct remember {
  sage::value_state<std::string> text;
  void open(sage::context& self) { text = sage::value_state<std::string>(self, "text"); }
  void operator()(std::uint64_t one, sage::collector<std::uint64_t>& out) {
    text.set(std::string(100, static_cast<char>('a' + one % 26)));
    out.push(one);
  }
};

struct life {
  double work_again_s = 0;  // from submit to the first record behind the state
  double write_s = 0;
  double mib = 0;
};

life live(const std::string& directory, bool again) {
  sage::environment_options options;
  options.parallelism = 1;
  options.checkpoints.directory = directory;
  options.checkpoints.interval = 1h;  // the one that is asked for alone
  if (again) options.checkpoints.restore.what = sage::restore_from::kind::latest;
  sage::local_environment env(options);
  const auto emitted = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::atomic<std::uint64_t> seen{0};
  std::atomic<std::int64_t> first{0};
  env.from_source(filling_source{emitted})
      .key_by([](std::uint64_t one) { return one; })
      .process(remember{})
      .sink([&](std::uint64_t) {
        if (first == 0) first = nanoseconds_now();
        ++seen;
      });
  const std::int64_t begun = nanoseconds_now();
  const sage::job job = env.submit("state");
  const std::uint64_t wanted = again ? 1 : state_keys;
  while (seen < wanted) {
    check(!is_final(job.state()), "the job works");
    std::this_thread::yield();
  }
  job.suspend();
  job.wait();
  const auto history = job.checkpoints();
  life came;
  came.work_again_s = static_cast<double>(first - begun) * 1e-9;
  came.write_s = static_cast<double>(history.last_took) * 1e-9;
  came.mib = static_cast<double>(history.last_bytes) / 1048576;
  return came;
}

// The longest checkpoint of a job whose sink takes a millisecond per record, so that every channel is full.
double longest_behind_slow_sink(double seconds) {
  const folder where;
  sage::environment_options options;
  options.parallelism = 1;
  options.checkpoints.directory = where.path();
  options.checkpoints.interval = 100ms;
  options.disabled_passes = {"chain-fusion"};
  sage::local_environment env(options);
  env.from_source(sage::range<std::uint64_t>(0, 1u << 30))
      .map([](std::uint64_t one) { return one; })
      .sink([](std::uint64_t) { std::this_thread::sleep_for(1ms); })
      .blocking();
  const sage::job job = env.submit("slow sink");
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto history = job.checkpoints();
  job.cancel();
  try {
    job.wait();
  } catch (const sage::error&) {
  }
  std::printf("behind a slow sink: %llu checkpoints, %llu given up\n",
              static_cast<unsigned long long>(history.completed), static_cast<unsigned long long>(history.failed));
  return history.completed == 0 ? seconds : static_cast<double>(history.longest) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto records = static_cast<std::uint64_t>(200e6 * bench.scale());
  bench.add("without", static_cast<double>(records), [&] { run(records, false); });
  bench.add("every_second", static_cast<double>(records), [&] { run(records, true); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  bench.at_least("throughput with a checkpoint every second, beside none",
                 bench.times_as_fast("every_second", "without"), "x", 0.9);

  const folder where;
  const life first = live(where.path(), false);
  std::vector<double> again;
  std::vector<double> writes;
  for (std::size_t i = 0; i < std::max<std::size_t>(bench.rounds() * 4, 4); ++i) {
    const life one = live(where.path(), true);
    again.push_back(one.work_again_s);
    writes.push_back(one.mib / one.write_s);
  }
  bench.note("state that is written and read back", first.mib, "MiB");
  bench.note("it is written, and on the disk, at", sage::bench::median(writes), "MiB/s");
  bench.at_most("from starting again to the first record behind that state, p99", sage::bench::quantile(again, 0.99),
                "s", 2);
  bench.at_least("it is read back at", first.mib / sage::bench::median(again), "MiB/s", 200);
  bench.at_most("a checkpoint behind a sink that takes 1 ms per record, the longest", longest_behind_slow_sink(10),
                "s", 1);
  return bench.finish();
}
