// 50 M integers, x*3+1, keep the odd ones, sum, with fusion off: source, map, filter and sink in an actor each,
// against CAF actors written by hand that move vectors of 1024 and change them in place. SAGE chooses its batches by
// record size, here 4096; what it does with 1024 is noted too.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <sage/sage.hpp>

#include "tests/bench/kit/raw_caf.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;
using numbers = std::vector<std::int64_t>;

constexpr std::size_t batch_size = 1024;

std::int64_t expected_sum(std::int64_t count) {
  const std::int64_t evens = (count + 1) / 2;
  return 3 * (evens * (evens - 1)) + evens;
}

void run_sage(std::int64_t count, std::vector<std::string> disabled, std::size_t records_per_batch = 0) {
  sage::environment_options options;
  options.parallelism = 1;
  options.disabled_passes = std::move(disabled);
  options.batch_size = records_per_batch;
  sage::local_environment env(options);
  std::int64_t sum = 0;
  env.from_source(sage::range<std::int64_t>(0, count))
      .map([](std::int64_t x) { return x * 3 + 1; })
      .filter([](std::int64_t x) { return (x & 1) != 0; })
      .sink([&sum](std::int64_t x) { sum += x; });
  env.execute("unfused");
  check(sum == expected_sum(count), "sage");
}

// What bounds the vectors in flight is that the sink hands each back to the source, which fills it again.
caf::behavior source(caf::event_based_actor* self, const caf::actor& next, std::int64_t count) {
  return {[self, next, count, at = std::int64_t{0}](numbers& batch) mutable {
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(batch_size, count - at));
    batch.resize(size);
    for (std::size_t i = 0; i < size; ++i) batch[i] = at + static_cast<std::int64_t>(i);
    at += static_cast<std::int64_t>(size);
    if (size > 0) self->send(next, std::move(batch));
  }};
}

caf::behavior map(caf::event_based_actor* self, const caf::actor& next) {
  return {[self, next](numbers& batch) {
    for (std::int64_t& x : batch) x = x * 3 + 1;
    self->send(next, std::move(batch));
  }};
}

caf::behavior filter(caf::event_based_actor* self, const caf::actor& next) {
  return {[self, next](numbers& batch) {
    std::int64_t* const records = batch.data();
    const std::size_t size = batch.size();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::int64_t x = records[i];
      records[kept] = x;
      kept += static_cast<std::size_t>(x & 1);
    }
    batch.resize(kept);
    self->send(next, std::move(batch));
  }};
}

class sink : public caf::event_based_actor {
 public:
  sink(caf::actor_config& config, std::int64_t batches, std::int64_t& sum)
      : caf::event_based_actor(config), left_(batches), sum_(sum) {}
  caf::behavior make_behavior() override {
    return {[this](const caf::actor& source) { source_ = source; },
            [this](numbers& batch) {
              std::int64_t part = 0;
              for (const std::int64_t x : batch) part += x;
              sum_ += part;
              if (--left_ > 0) {
                send(source_, std::move(batch));
                return;
              }
              send_exit(source_, caf::exit_reason::user_shutdown);
              source_ = nullptr;
              quit();
            }};
  }

 private:
  std::int64_t left_;
  std::int64_t& sum_;
  caf::actor source_;
};

void run_caf(std::int64_t count, std::size_t in_flight) {
  std::int64_t sum = 0;
  {
    sage::bench::raw_caf_config config;
    caf::actor_system system(config);
    const std::int64_t batches =
        (count + static_cast<std::int64_t>(batch_size) - 1) / static_cast<std::int64_t>(batch_size);
    const caf::actor last = system.spawn<sink>(batches, sum);
    const caf::actor third = system.spawn(filter, last);
    const caf::actor second = system.spawn(map, third);
    const caf::actor first = system.spawn(source, second, count);
    caf::anon_send(last, first);
    for (std::size_t i = 0; i < in_flight; ++i) {
      numbers batch;
      batch.reserve(batch_size);
      caf::anon_send(first, std::move(batch));
    }
    // The other two end when nobody holds them any more.
  }
  check(sum == expected_sum(count), "raw caf");
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto count = static_cast<std::int64_t>(50e6 * bench.scale());
  const auto work = static_cast<double>(count);
  bench.add("sage_unfused", work, [&] { run_sage(count, {"chain-fusion", "router-fusion"}); });
  bench.add("caf_4", work, [&] { run_caf(count, 4); });
  bench.add("caf_16", work, [&] { run_caf(count, 16); });
  bench.add("caf_64", work, [&] { run_caf(count, 64); });
  bench.add("sage_unfused_1024", work, [&] { run_sage(count, {"chain-fusion", "router-fusion"}, batch_size); });
  bench.add("sage_fused", work, [&] { run_sage(count, {}); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  bench.at_least("records/s beside the best of raw CAF",
                 bench.times_as_fast_as_best("sage_unfused", {"caf_4", "caf_16", "caf_64"}), "x", 0.9);
  bench.note("the same with the batch size of the rivals",
             bench.times_as_fast_as_best("sage_unfused_1024", {"caf_4", "caf_16", "caf_64"}), "x");
  bench.note("by CPU time beside caf_64", bench.cpu_ratio("sage_unfused", "caf_64"), "x");
  bench.note("fused beside unfused", bench.times_as_fast("sage_fused", "sage_unfused"), "x");
  return bench.finish();
}
