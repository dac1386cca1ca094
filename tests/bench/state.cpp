// Keyed state in `process`: in memory, and on RocksDB beside a loop that uses it by hand.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <sage/sage.hpp>

#include "sage/state/rocksdb_backend.hpp"
#include "tests/bench/kit/session.hpp"
#ifdef SAGE_BENCH_ROCKSDB
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>
#endif

namespace {

using sage::bench::check;

constexpr std::uint32_t keys = 1'000'000;
constexpr std::size_t memory_bytes = 64u << 20;  // beyond memory: rows, caches and write buffers, for both

struct hit {
  std::uint32_t key = 0;
  std::uint32_t value = 0;
};

std::vector<hit> hits(std::size_t count) {
  std::mt19937_64 random(7);
  std::vector<hit> all(count);
  for (hit& one : all) {
    const std::uint64_t drawn = random();
    one = {static_cast<std::uint32_t>(drawn % keys), static_cast<std::uint32_t>(drawn >> 40)};
  }
  return all;
}

// Reads and writes the sum of its key with each record; passes on those that end in 12 zero bits.
struct summing {
  sage::value_state<std::uint64_t> sum;
  void open(sage::context& self) { sum = sage::value_state<std::uint64_t>(self, "sum"); }
  void operator()(const hit& one, sage::collector<std::uint64_t>& out) {
    const std::uint64_t now = sum.value_or(0) + one.value;
    sum.set(now);
    if ((now & 4095) == 0) out.push(now);
  }
};

std::uint64_t run_process(const std::vector<hit>& all, sage::state_place place) {
  sage::environment_options options;
  options.parallelism = 1;
  options.state.place = place;
  options.state.memory_bytes = memory_bytes;
  sage::local_environment env(options, {.threads = 1});
  std::uint64_t checksum = 0;
  env.from_source(sage::iterate(all)).key_by(&hit::key).process(summing{}).sink([&checksum](std::uint64_t sum) {
    checksum += sum;
  });
  env.execute("state");
  return checksum;
}

std::uint64_t run_map(const std::vector<hit>& all) {
  std::unordered_map<std::uint32_t, std::uint64_t> sums;
  std::uint64_t checksum = 0;
  for (const hit& one : all) {
    const std::uint64_t now = sums[one.key] += one.value;
    if ((now & 4095) == 0) checksum += now;
  }
  return checksum;
}

#ifdef SAGE_BENCH_ROCKSDB
// What one would write by hand: one MultiGet and one WriteBatch per 1024 records, no write-ahead log.
std::uint64_t run_by_hand(const std::vector<hit>& all) {
  const std::string path = (std::filesystem::temp_directory_path() / "sage-bench-state").string();
  std::filesystem::remove_all(path);
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  const auto cache = rocksdb::NewLRUCache(memory_bytes);
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(memory_bytes / 2, cache);
  options.write_buffer_size = memory_bytes / 4;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* opened = nullptr;
  check(rocksdb::DB::Open(options, path, &opened).ok(), "the database opens");
  std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions writing;
  writing.disableWAL = true;
  constexpr std::size_t group = 1024;
  std::uint64_t checksum = 0;
  std::vector<rocksdb::Slice> names;
  std::vector<rocksdb::PinnableSlice> values;
  std::vector<rocksdb::Status> found;
  std::unordered_map<std::uint32_t, std::uint64_t> sums;
  std::vector<std::uint32_t> distinct;
  for (std::size_t begin = 0; begin < all.size(); begin += group) {
    const std::size_t end = std::min(begin + group, all.size());
    sums.clear();
    distinct.clear();
    for (std::size_t i = begin; i < end; ++i) {
      if (sums.try_emplace(all[i].key, 0).second) distinct.push_back(all[i].key);
    }
    names.clear();
    for (const std::uint32_t& key : distinct) names.emplace_back(reinterpret_cast<const char*>(&key), sizeof key);
    values = std::vector<rocksdb::PinnableSlice>(names.size());
    found.assign(names.size(), rocksdb::Status());
    db->MultiGet(rocksdb::ReadOptions(), db->DefaultColumnFamily(), names.size(), names.data(), values.data(),
                 found.data());
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (found[i].ok()) std::memcpy(&sums[distinct[i]], values[i].data(), sizeof(std::uint64_t));
    }
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t now = sums[all[i].key] += all[i].value;
      if ((now & 4095) == 0) checksum += now;
    }
    rocksdb::WriteBatch batch;
    for (const std::uint32_t& key : distinct) {
      batch.Put({reinterpret_cast<const char*>(&key), sizeof key},
                {reinterpret_cast<const char*>(&sums[key]), sizeof(std::uint64_t)});
    }
    check(db->Write(writing, &batch).ok(), "the database writes");
  }
  values.clear();
  db.reset();
  std::filesystem::remove_all(path);
  return checksum;
}
#endif

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto in_memory = hits(static_cast<std::size_t>(20e6 * bench.scale()));
  const auto on_disk = hits(static_cast<std::size_t>(3e6 * bench.scale()));
  const std::uint64_t expected = run_map(in_memory);
  bench.add("process_memory", static_cast<double>(in_memory.size()),
            [&] { check(run_process(in_memory, sage::state_place::memory) == expected, "the same sums"); });
  bench.add("unordered_map", static_cast<double>(in_memory.size()),
            [&] { check(run_map(in_memory) == expected, "the same sums"); });
#ifdef SAGE_BENCH_ROCKSDB
  const std::uint64_t expected_on_disk = run_map(on_disk);
  bench.add("process_rocksdb", static_cast<double>(on_disk.size()),
            [&] { check(run_process(on_disk, sage::state_place::rocksdb) == expected_on_disk, "the same sums"); });
  bench.add("rocksdb_by_hand", static_cast<double>(on_disk.size()),
            [&] { check(run_by_hand(on_disk) == expected_on_disk, "the same sums"); });
#endif
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  std::vector<double> rates;
  for (const auto& one : bench.at("process_memory").times)
    rates.push_back(bench.at("process_memory").work / one.wall_s / 1e6);
  bench.at_least("state of a million keys in process, in memory, one core", sage::bench::median(rates), "M records/s",
                 15);
  bench.note("the same beside a loop with std::unordered_map", bench.times_as_fast("process_memory", "unordered_map"),
             "x");
#ifdef SAGE_BENCH_ROCKSDB
  bench.at_least("state on RocksDB beside a loop that uses it by hand",
                 bench.times_as_fast("process_rocksdb", "rocksdb_by_hand"), "x", 0.7);
#endif
  return bench.finish();
}
