// A plain sequential form of the application: walks folders, indexes, answers. Measures the retrieval; the pipeline
// takes its place.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <zlib.h>

#include "ask/answer.hpp"
#include "ask/index/index_writer.hpp"
#include "ask/passages.hpp"
#include "ask/text/extract.hpp"

namespace {

using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point begin) {
  return std::chrono::duration<double>(clock_type::now() - begin).count();
}

std::string read_file(const std::string& path) {
  // zlib reads files that are not compressed as they are.
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw sage::error(sage::errc::io, std::strerror(errno), path);
  std::string bytes;
  char buffer[1 << 16];
  int count = 0;
  while ((count = gzread(file, buffer, sizeof buffer)) > 0) bytes.append(buffer, static_cast<std::size_t>(count));
  gzclose(file);
  return bytes;
}

struct settings {
  std::vector<std::string> folders;
  std::vector<std::string> questions;
  bool is_json = false;
  bool is_timed = false;
  std::size_t count = 3;
};

int wrong_usage(const std::string& problem) {
  std::fprintf(stderr, "ask: %s\nusage: ask --docs DIR... --question TEXT [--questions FILE] [--json] [--top N]\n",
               problem.c_str());
  return 2;
}

ask::passage_index build(const settings& wanted) {
  std::vector<std::string> paths;
  for (const auto& folder : wanted.folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && !entry.is_symlink()) paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  double reading = 0;
  double extracting = 0;
  double splitting = 0;
  double indexing = 0;
  std::size_t bytes = 0;
  std::size_t refused = 0;
  ask::index_writer writer;
  for (const auto& path : paths) {
    auto begin = clock_type::now();
    ask::document source{path, read_file(path)};
    const auto size = source.bytes.size();
    reading += seconds_since(begin);
    begin = clock_type::now();
    const auto text = ask::text::extract(std::move(source));
    extracting += seconds_since(begin);
    if (!text) {
      ++refused;
      continue;
    }
    bytes += size;
    begin = clock_type::now();
    auto passages = ask::split(path, *text);
    splitting += seconds_since(begin);
    begin = clock_type::now();
    for (auto& passage : passages) writer.add(std::move(passage));
    indexing += seconds_since(begin);
  }
  auto index = writer.finish();
  if (wanted.is_timed) {
    const auto megabytes = static_cast<double>(bytes) / 1e6;
    std::fprintf(stderr,
                 "%u documents (%zu refused), %.1f MB, %u passages, %u terms, %.1f MB of postings\n"
                 "read %.2f s, extract %.2f s, split %.2f s, index %.2f s: %.1f MB/s without reading\n",
                 index.documents(), refused, megabytes, index.passages(), index.terms(),
                 static_cast<double>(index.posting_bytes()) / 1e6, reading, extracting, splitting, indexing,
                 megabytes / (extracting + splitting + indexing));
  }
  return index;
}

}  // namespace

int main(int argc, char** argv) try {
  settings wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--json") {
      wanted.is_json = true;
    } else if (option == "--timing") {
      wanted.is_timed = true;
    } else if (i + 1 == argc) {
      return wrong_usage("unknown or incomplete option " + option);
    } else if (option == "--docs") {
      wanted.folders.emplace_back(argv[++i]);
    } else if (option == "--question") {
      wanted.questions.emplace_back(argv[++i]);
    } else if (option == "--top") {
      wanted.count = static_cast<std::size_t>(std::max(1, std::atoi(argv[++i])));
    } else if (option == "--questions") {
      std::ifstream file(argv[++i]);
      if (!file) return wrong_usage(std::string("can't read ") + argv[i]);
      for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.front() != '#') wanted.questions.push_back(line.substr(0, line.find('\t')));
      }
    } else {
      return wrong_usage("unknown option " + option);
    }
  }
  if (wanted.folders.empty() || wanted.questions.empty()) return wrong_usage("a folder and a question are needed");
  const auto index = build(wanted);
  ask::term_finder terms;
  const auto begin = clock_type::now();
  for (const auto& question : wanted.questions) {
    const auto given = ask::answer_question(index, question, terms, wanted.count);
    std::printf("%s\n", (wanted.is_json ? to_json(given) : to_text(given)).c_str());
  }
  if (wanted.is_timed) std::fprintf(stderr, "answers %.3f s\n", seconds_since(begin));
  return 0;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "ask: %s\n", problem.what());
  return 1;
}
