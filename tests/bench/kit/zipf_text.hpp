/// A big text file that is the same on every machine: words drawn by a Zipf distribution from a made-up dictionary.
#pragma once

#include <cstdint>
#include <string>

namespace sage::bench {

/// What is in the file.
struct zipf_text {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
  std::uint64_t distinct = 0;
};

/// Writes `words` words of `distinct` different ones below the build folder, unless the file is there already. The
/// n-th most frequent word is drawn with a probability proportional to 1/n; words have 3 to 11 letters, 7.2 on
/// average, and lines 12 words. 24.5 M words are 200 MB.
[[nodiscard]] zipf_text make_zipf_text(std::uint64_t words, std::uint64_t distinct);

}  // namespace sage::bench
