#include "tests/bench/kit/zipf_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unordered_set>
#include <vector>

namespace sage::bench {

namespace {

// splitmix64: a few lines, the same everywhere.
class numbers {
 public:
  explicit numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

std::vector<std::string> make_dictionary(std::uint64_t distinct, numbers& random) {
  std::vector<std::string> words;
  std::unordered_set<std::string> known;
  while (words.size() < distinct) {
    // The sum of two dice: lengths around 7 are the most frequent.
    const std::size_t length = 3 + random.below(5) + random.below(5) + (random.below(4) == 0 ? 1 : 0);
    std::string word;
    while (word.size() < length) word.push_back(static_cast<char>('a' + random.below(26)));
    if (known.insert(word).second) words.push_back(std::move(word));
  }
  return words;
}

constexpr std::size_t words_per_line = 12;

void write(const std::string& path, std::uint64_t count, std::uint64_t distinct) {
  numbers random(7);
  const std::vector<std::string> words = make_dictionary(distinct, random);
  std::vector<double> below(distinct);
  double sum = 0;
  for (std::uint64_t rank = 0; rank < distinct; ++rank) below[rank] = sum += 1.0 / static_cast<double>(rank + 1);
  std::ofstream out(path + ".part", std::ios::binary);
  std::string block;
  for (std::uint64_t i = 0; i < count; ++i) {
    // Every word once, then by rank.
    const auto rank = i < distinct
                          ? static_cast<std::ptrdiff_t>(i)
                          : std::lower_bound(below.begin(), below.end(), random.unit() * sum) - below.begin();
    block += words[std::min<std::size_t>(static_cast<std::size_t>(rank), distinct - 1)];
    block.push_back((i + 1) % words_per_line == 0 || i + 1 == count ? '\n' : ' ');
    if (block.size() > (1u << 20)) {
      out << block;
      block.clear();
    }
  }
  out << block;
  out.close();
  if (!out) {
    std::fprintf(stderr, "bench: can't write %s\n", path.c_str());
    std::exit(2);
  }
  std::filesystem::rename(path + ".part", path);
}

}  // namespace

zipf_text make_zipf_text(std::uint64_t words, std::uint64_t distinct) {
  const std::string folder = SAGE_BUILD_DIR "/../bench-data";
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/zipf_" + std::to_string(words) + "_" + std::to_string(distinct) + ".txt";
  if (!std::filesystem::exists(path)) {
    std::fprintf(stderr, "  writing %s\n", path.c_str());
    write(path, words, distinct);
  }
  return {path, std::filesystem::file_size(path), words, distinct};
}

}  // namespace sage::bench
