// Two gigabytes of keyed state on RocksDB, written and then read again: how much memory stays resident.
#include <cstdint>
#include <string>

#include <sage/sage.hpp>

#include "sage/state/rocksdb_backend.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

// What belongs to a key: text that only this key has.
std::string text_of(std::uint64_t key) {
  std::string text = std::to_string(key * 0x9e3779b97f4a7c15u);
  while (text.size() < 100) text += text;
  text.resize(100);
  return text;
}

// The first record of a key writes its text, the second one finds it there.
struct remembering {
  sage::value_state<std::string> text;
  void open(sage::context& self) { text = sage::value_state<std::string>(self, "text"); }
  void operator()(const std::uint64_t& key, sage::collector<int>& out) {
    if (const std::string* const known = text.get()) {
      out.push(*known == text_of(key) ? 1 : -1);
    } else {
      text.set(text_of(key));
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  using namespace sage::bench;
  session bench(argc, argv, "records");
  if (!sage::state::has_rocksdb()) return 0;
  const auto keys = static_cast<std::uint64_t>(20e6 * bench.scale());
  sage::environment_options options;
  options.parallelism = 2;
  options.state.place = sage::state_place::rocksdb;
  options.state.memory_bytes = 128u << 20;
  sage::local_environment env(options);
  std::int64_t found = 0;
  std::int64_t wrong = 0;
  // A multiplicative walk: neighbours in time are no neighbours in the store.
  env.from_source(sage::range<std::uint64_t>(0, 2 * keys))
      .map([keys](std::uint64_t i) { return i % keys * 48271 % keys; })
      .key_by([](const std::uint64_t& key) { return key; })
      .process(remembering{})
      .sink([&](int one) { (one > 0 ? found : wrong) += 1; });
  const double before = resident_mib();
  const double begun = wall_seconds();
  env.execute("large state");
  const double took = wall_seconds() - begun;
  check(wrong == 0, "each key finds its own text");
  check(found == static_cast<std::int64_t>(keys), "every key finds its text again");
  bench.note("state", static_cast<double>(keys) * 108 / 1e9, "GB of keys and values");
  bench.at_most("most memory resident", peak_resident_mib(), "MiB", 300);
  bench.note("of that before the job", before, "MiB");
  bench.note("records", 2 * static_cast<double>(keys) / took / 1e6, "M records/s");
  return bench.finish();
}
