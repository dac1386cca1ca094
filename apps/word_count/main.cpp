// word_count: files -> words -> counts per word.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "words.hpp"

namespace {

using counted_word = std::pair<std::string, std::uint64_t>;

void append_count(std::string& out, const counted_word& one) {
  out.append(one.first).append(1, ',').append(std::to_string(one.second)).append(1, '\n');
}

sage::app app() {
  sage::app app("word_count", "counts the words of files");
  app.help(
      "A word is a run of bytes that are not ASCII white space; case is kept. The output has one line\n"
      "'word,count' per word, in any order; the last comma separates, nothing is quoted. It appears\n"
      "under its name when it is complete.");
  app.example("word_count run --input book.txt --output counts.csv", "counts the words of one file");
  app.example("word_count run --input logs '/var/log/*.log.gz' --output - --parallelism 4 | sort -t, -k2 -n",
              "counts a folder and packed files, the most frequent words last");
  app.option<std::vector<std::string>>("input", "files, folders or patterns; - is stdin").shown_as("PATH").required();
  app.option<std::string>("output", "where the counts go; - is stdout").shown_as("FILE").required();
  app.build([](sage::environment& env, const sage::options& given) {
    env.from_source(sage::file::slices(given.get<std::vector<std::string>>("input")))
        .name("lines")
        .flat_map(word_count::words{})
        .name("words")
        .key_by([](sage::slice word) { return word; })
        .aggregate(sage::count{})
        .name("counts")
        .sink(sage::file::text_sink<counted_word>(given.get<std::string>("output"), append_count))
        .name("output");
  });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
