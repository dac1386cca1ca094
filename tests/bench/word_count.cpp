// Words of 200 MB of text, counted: two instances of everything, against one thread with a table of string views
// over the mapped file.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sage/sage.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"
#include "tests/bench/kit/word_splitter.hpp"
#include "tests/bench/kit/zipf_text.hpp"

namespace {

using sage::bench::check;
using sage::bench::zipf_text;

// What must come out, whoever counts: the total, how many different words, and a sum that any wrong count changes.
struct tally {
  std::uint64_t words = 0;
  std::uint64_t distinct = 0;
  std::uint64_t mixed = 0;
  void add(std::string_view word, std::uint64_t count) {
    words += count;
    ++distinct;
    mixed += sage::hash_bytes(word.data(), word.size()) * count;
  }
};

tally run_sage(const zipf_text& text, std::size_t parallelism, std::vector<std::string> disabled) {
  sage::environment_options options;
  options.parallelism = parallelism;
  options.disabled_passes = std::move(disabled);
  sage::local_environment env(options);
  tally result;
  env.from_source(sage::file::slices(text.path))
      .flat_map([](sage::slice line, sage::collector<sage::slice>& words) {
        sage::bench::split_words(line, [&words](std::string_view word) { words.push(word); });
      })
      .key_by([](const sage::slice& word) { return word; })
      .aggregate(sage::count{})
      .sink([&result](const std::pair<std::string, std::uint64_t>& one) { result.add(one.first, one.second); });
  env.execute("word_count");
  return result;
}

// One thread, no runtime: the file mapped, open addressing, keys that point into the file.
tally run_loop(const zipf_text& text) {
  const int file = ::open(text.path.c_str(), O_RDONLY);
  check(file >= 0, "loop: open");
  void* const mapped = ::mmap(nullptr, text.bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  check(mapped != MAP_FAILED, "loop: mmap");
  struct entry {
    std::uint64_t hash;
    std::string_view word;
    std::uint64_t count;
  };
  std::vector<entry> table(1u << 12);
  std::size_t used = 0;
  const auto place_of = [](std::vector<entry>& in, std::uint64_t hash, std::string_view word) -> entry& {
    const std::size_t mask = in.size() - 1;
    std::size_t at = hash & mask;
    while (in[at].count != 0 && (in[at].hash != hash || in[at].word != word)) at = (at + 1) & mask;
    return in[at];
  };
  sage::bench::split_words(std::string_view(static_cast<const char*>(mapped), text.bytes),
                           [&](std::string_view word) {
                             const std::uint64_t hash = sage::hash_bytes(word.data(), word.size());
                             entry& found = place_of(table, hash, word);
                             if (found.count++ != 0) return;
                             found.hash = hash;
                             found.word = word;
                             if (++used * 2 <= table.size()) return;
                             std::vector<entry> bigger(table.size() * 2);
                             for (const entry& old : table) {
                               if (old.count != 0) place_of(bigger, old.hash, old.word) = old;
                             }
                             table = std::move(bigger);
                           });
  tally result;
  for (const entry& one : table) {
    if (one.count != 0) result.add(one.word, one.count);
  }
  ::munmap(mapped, text.bytes);
  ::close(file);
  return result;
}

void check_same(const tally& one, const tally& other, const zipf_text& text) {
  check(one.words == text.words && one.distinct == text.distinct, "word count: words");
  check(one.mixed == other.mixed, "word count: counts of single words");
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "words");
  const zipf_text text = sage::bench::make_zipf_text(static_cast<std::uint64_t>(24.5e6 * bench.scale()), 100'000);
  const auto work = static_cast<double>(text.words);
  const tally expected = run_loop(text);  // also brings the file into the page cache
  const auto sage_run = [&](std::size_t parallelism, std::vector<std::string> disabled) {
    return [&text, &expected, parallelism, disabled = std::move(disabled)] {
      check_same(run_sage(text, parallelism, disabled), expected, text);
    };
  };
  bench.add("sage", work, sage_run(2, {}));
  bench.add("loop", work, [&] { check_same(run_loop(text), expected, text); });
  bench.add("sage_one_instance", work, sage_run(1, {}));
  bench.add("sage_shuffled_words", work, sage_run(2, {"partial-aggregation"}));
  bench.add("sage_router_actors", work, sage_run(2, {"partial-aggregation", "router-fusion"}));
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  bench.at_least("words/s beside the loop, parallelism 2", bench.times_as_fast("sage", "loop"), "x", 1.7);
  bench.note("by CPU time", bench.cpu_ratio("sage", "loop"), "x");
  bench.note("words/s beside the loop, parallelism 1", bench.times_as_fast("sage_one_instance", "loop"), "x");
  bench.note("words/s beside the loop, words shuffled uncombined", bench.times_as_fast("sage_shuffled_words", "loop"),
             "x");
  bench.note("router actors beside fused routers, wall time",
             bench.times_as_fast("sage_router_actors", "sage_shuffled_words"), "x");
  bench.note("router actors beside fused routers, CPU time",
             bench.cpu_ratio("sage_router_actors", "sage_shuffled_words"), "x");
  return bench.finish();
}
