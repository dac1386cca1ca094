// 50 M integers, x*3+1, keep the odd ones, sum: everything fused into one actor, against one thread without any
// runtime and against oneTBB's flow graph.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <sage/sage.hpp>

#include "tests/bench/kit/session.hpp"
#ifdef SAGE_HAS_TBB
#include <tbb/concurrent_queue.h>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#endif

namespace {

using sage::bench::check;

constexpr std::size_t batch_size = 1024;

std::int64_t expected_sum(std::int64_t count) {
  // x*3+1 is odd for even x: the sum over x = 0, 2, ... below count.
  const std::int64_t evens = (count + 1) / 2;
  return 3 * (evens * (evens - 1)) + evens;
}

void run_sage(std::int64_t count) {
  sage::environment_options options;
  options.parallelism = 1;
  sage::local_environment env(options);
  std::int64_t sum = 0;
  env.from_source(sage::range<std::int64_t>(0, count))
      .map([](std::int64_t x) { return x * 3 + 1; })
      .filter([](std::int64_t x) { return (x & 1) != 0; })
      .sink([&sum](std::int64_t x) { sum += x; });
  env.execute("integers");
  check(sum == expected_sum(count), "sage");
}

// One pass per operator over a batch that stays in L1.
std::int64_t one_batch(std::int64_t first, std::size_t size, std::int64_t* batch) {
  for (std::size_t i = 0; i < size; ++i) batch[i] = first + static_cast<std::int64_t>(i);
  for (std::size_t i = 0; i < size; ++i) batch[i] = batch[i] * 3 + 1;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::int64_t x = batch[i];
    batch[kept] = x;
    kept += static_cast<std::size_t>(x & 1);
  }
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kept; ++i) sum += batch[i];
  return sum;
}

void run_loop(std::int64_t count) {
  std::array<std::int64_t, batch_size> batch;
  std::int64_t sum = 0;
  std::int64_t first = 0;
  // The size of a full batch is a constant, so that the compiler may make the most of it.
  for (; first + static_cast<std::int64_t>(batch_size) <= count; first += batch_size) {
    sum += one_batch(first, batch_size, batch.data());
  }
  sum += one_batch(first, static_cast<std::size_t>(count - first), batch.data());
  check(sum == expected_sum(count), "loop");
}

#ifdef SAGE_HAS_TBB
using numbers = std::vector<std::int64_t>;

// As one would write it first: a new vector per batch, owned by a shared pointer as node after node has it.
void run_graph_of_shared_vectors(std::int64_t count, std::size_t in_flight) {
  namespace flow = tbb::flow;
  using shared = std::shared_ptr<numbers>;
  flow::graph graph;
  std::int64_t next = 0;
  std::int64_t sum = 0;
  flow::input_node<shared> source(graph, [&](tbb::flow_control& control) -> shared {
    if (next >= count) {
      control.stop();
      return nullptr;
    }
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(batch_size, count - next));
    auto batch = std::make_shared<numbers>(size);
    for (std::size_t i = 0; i < size; ++i) (*batch)[i] = next + static_cast<std::int64_t>(i);
    next += static_cast<std::int64_t>(size);
    return batch;
  });
  flow::limiter_node<shared> limiter(graph, in_flight);
  flow::function_node<shared, shared> map(graph, flow::serial, [](const shared& in) {
    auto out = std::make_shared<numbers>(in->size());
    for (std::size_t i = 0; i < in->size(); ++i) (*out)[i] = (*in)[i] * 3 + 1;
    return out;
  });
  flow::function_node<shared, shared> filter(graph, flow::serial, [](const shared& in) {
    auto out = std::make_shared<numbers>();
    out->reserve(in->size());
    for (const std::int64_t x : *in) {
      if ((x & 1) != 0) out->push_back(x);
    }
    return out;
  });
  flow::function_node<shared, flow::continue_msg> sink(graph, flow::serial, [&](const shared& in) {
    for (const std::int64_t x : *in) sum += x;
    return flow::continue_msg();
  });
  flow::make_edge(source, limiter);
  flow::make_edge(limiter, map);
  flow::make_edge(map, filter);
  flow::make_edge(filter, sink);
  flow::make_edge(sink, limiter.decrementer());
  source.activate();
  graph.wait_for_all();
  check(sum == expected_sum(count), "tbb, shared vectors");
}

// Four nodes; batches are vectors that move by pointer, are changed in place and used again. `Policy` lightweight
// lets a node run within the one before it.
template <class Policy>
void run_graph(std::int64_t count, std::size_t in_flight) {
  namespace flow = tbb::flow;
  tbb::concurrent_bounded_queue<numbers*> spare;
  std::vector<std::unique_ptr<numbers>> owned;
  for (std::size_t i = 0; i < in_flight; ++i) {
    owned.push_back(std::make_unique<numbers>());
    owned.back()->reserve(batch_size);
    spare.push(owned.back().get());
  }
  flow::graph graph;
  std::int64_t next = 0;
  std::int64_t sum = 0;
  flow::input_node<numbers*> source(graph, [&](tbb::flow_control& control) -> numbers* {
    if (next >= count) {
      control.stop();
      return nullptr;
    }
    numbers* batch = nullptr;
    check(spare.try_pop(batch), "tbb: the limiter lets no more in than there are batches");
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(batch_size, count - next));
    batch->resize(size);
    for (std::size_t i = 0; i < size; ++i) (*batch)[i] = next + static_cast<std::int64_t>(i);
    next += static_cast<std::int64_t>(size);
    return batch;
  });
  // One token less than there are batches: the source makes one before it knows whether it may pass.
  flow::limiter_node<numbers*> limiter(graph, in_flight - 1);
  flow::function_node<numbers*, numbers*, Policy> map(graph, flow::serial, [](numbers* batch) {
    for (std::int64_t& x : *batch) x = x * 3 + 1;
    return batch;
  });
  flow::function_node<numbers*, numbers*, Policy> filter(graph, flow::serial, [](numbers* batch) {
    std::size_t kept = 0;
    std::int64_t* const records = batch->data();
    for (std::size_t i = 0; i < batch->size(); ++i) {
      const std::int64_t x = records[i];
      records[kept] = x;
      kept += static_cast<std::size_t>(x & 1);
    }
    batch->resize(kept);
    return batch;
  });
  flow::function_node<numbers*, flow::continue_msg, Policy> sink(graph, flow::serial, [&](numbers* batch) {
    std::int64_t part = 0;
    for (const std::int64_t x : *batch) part += x;
    sum += part;
    spare.push(batch);
    return flow::continue_msg();
  });
  flow::make_edge(source, limiter);
  flow::make_edge(limiter, map);
  flow::make_edge(map, filter);
  flow::make_edge(filter, sink);
  flow::make_edge(sink, limiter.decrementer());
  source.activate();
  graph.wait_for_all();
  check(sum == expected_sum(count), "tbb");
}
#endif

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto count = static_cast<std::int64_t>(50e6 * bench.scale());
  const auto work = static_cast<double>(count);
  bench.add("sage", work, [&] { run_sage(count); });
  bench.add("loop", work, [&] { run_loop(count); });
#ifdef SAGE_HAS_TBB
  bench.add("tbb_graph_16", work, [&] { run_graph<tbb::flow::queueing>(count, 16); });
  bench.add("tbb_graph_64", work, [&] { run_graph<tbb::flow::queueing>(count, 64); });
  bench.add("tbb_graph_shared_vectors", work, [&] { run_graph_of_shared_vectors(count, 16); });
  bench.add("tbb_graph_lightweight", work, [&] { run_graph<tbb::flow::queueing_lightweight>(count, 16); });
#endif
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  bench.at_least("records/s beside the loop", bench.times_as_fast("sage", "loop"), "x", 0.7);
  bench.note("the same by CPU time", bench.cpu_ratio("sage", "loop"), "x");
#ifdef SAGE_HAS_TBB
  bench.at_least("records/s beside oneTBB's flow graph",
                 bench.times_as_fast_as_best("sage", {"tbb_graph_16", "tbb_graph_64"}), "x", 3);
  bench.note("the same by CPU time", bench.cpu_ratio("sage", "tbb_graph_64"), "x");
  bench.note("records/s beside a graph of new shared vectors",
             bench.times_as_fast("sage", "tbb_graph_shared_vectors"), "x");
  bench.note("records/s beside the same with lightweight nodes", bench.times_as_fast("sage", "tbb_graph_lightweight"),
             "x");
#endif
  return bench.finish();
}
