// Files as sources and sinks of whole pipelines, on both engines.
#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>

#include "sage/testing/memory_files.hpp"
#include "tests/gzip_text.hpp"
#include "tests/pipelines/engines.hpp"
#include "tests/scratch_folder.hpp"

namespace {

using sage::environment;
using sage::errc;
using sage::test::scratch_folder;
using sage::testing::memory_files;
using strings = std::vector<std::string>;
using contents = std::map<std::string, std::string>;
namespace file = sage::file;

// What a test of files needs of the variants: both engines, one and several instances, fused or not.
void on_engines(const std::function<void(environment&)>& body) {
  using sage::test::variant;
  for (const variant& v : {variant{"reference", 1}, variant{"reference", 3, 2, false}, variant{"actors", 1},
                           variant{"actors", 3, 7}, variant{"actors", 2, 64, false}}) {
    INFO(v.title());
    const auto env = sage::test::make_environment(v);
    body(*env);
  }
}

strings sorted_lines(const std::string& text) {
  strings lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string some_text(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i)
    text += "line " + std::to_string(i) + (i % 3 == 0 ? " with more words in it\n" : "\n");
  return text;
}

sage::error failure_of(environment& env) {
  try {
    env.execute("files");
  } catch (const sage::error& problem) {
    return problem;
  }
  return {errc::none, "it did not fail"};
}

TEST_CASE("lines go from a file to a file, whole, in ranges, packed", "[pipeline][file]") {
  const std::string text = some_text(3000);
  on_engines([&](environment& env) {
    memory_files files({{"in/plain", text}, {"in/deep/packed.gz", sage::test::gzip(text)}});
    env.from_source(file::lines("in").from_files(files).split_bytes(10'000).block_bytes(1000))
        .sink(file::lines_sink("out").to_files(files));
    env.execute("copy");
    CHECK(sorted_lines(files.content("out")) == sorted_lines(text + text));
  });
}

TEST_CASE("one instance keeps the order of the lines", "[pipeline][file]") {
  const std::string text = some_text(2000);
  for (const char* engine : {"reference", "actors"}) {
    memory_files files({{"in", text}});
    const auto env = sage::test::make_environment({engine, 1, 64});
    env->from_source(file::slices("in").from_files(files).split_bytes(5000).block_bytes(700))
        .sink(file::lines_sink("out").to_files(files));
    env->execute("copy");
    CHECK(files.content("out") == text);
  }
}

TEST_CASE("slices stay readable behind filters and exchanges", "[pipeline][file]") {
  const std::string text = some_text(3000);
  on_engines([&](environment& env) {
    memory_files files({{"in", text}});
    auto lines = env.from_source(file::slices("in").from_files(files).split_bytes(9000).block_bytes(500))
                     .filter([](const sage::slice& line) { return line.ends_with('7'); })
                     .rebalance();
    lines.map([](const sage::slice& line) { return line.substr(5); })
        .filter([](const sage::slice& number) { return number.size() > 1; })
        .rebalance()
        .map([](const sage::slice& number) { return std::string(number); })
        .sink(file::lines_sink("out").to_files(files));
    env.execute("slices");
    strings expected;
    for (int i = 10; i < 3000; ++i) {
      if (i % 10 == 7 && i % 3 != 0) expected.push_back(std::to_string(i));
    }
    std::sort(expected.begin(), expected.end());
    CHECK(sorted_lines(files.content("out")) == expected);
  });
}

TEST_CASE("a job that fails leaves no file, no part of one and what was there before", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files({{"in", some_text(2000)}, {"out", "old"}});
    const contents before = files.contents();
    env.from_source(file::lines("in").from_files(files).split_bytes(4000))
        .map([](std::string line) {
          if (line == "line 1000") throw std::runtime_error("enough");
          return line;
        })
        .sink(file::lines_sink("out").buffer_bytes(100).to_files(files));
    const auto problem = failure_of(env);
    CHECK(problem.code() == errc::user_function);
    CHECK(files.contents() == before);
  });
}

TEST_CASE("a full disk fails the job with the target's name and leaves nothing", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files({{"in", some_text(2000)}});
    files.how.space_bytes = 5000;
    env.from_source(file::lines("in").from_files(files))
        .sink(file::lines_sink("out").buffer_bytes(100).to_files(files));
    const auto problem = failure_of(env);
    CHECK(problem.code() == errc::io);
    CHECK(std::string(problem.what()).find("out: the disk is full") != std::string::npos);
    CHECK(files.contents().size() == 1);
  });
}

TEST_CASE("of two sinks neither appears when one can't be made durable", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files good({{"in", some_text(500)}});
    memory_files bad;
    bad.how.fail_sync = true;
    auto lines = env.from_source(file::lines("in").from_files(good));
    lines.sink(file::lines_sink("one").to_files(good));
    lines.sink(file::lines_sink("two").to_files(bad));
    CHECK(failure_of(env).code() == errc::io);
    CHECK(good.contents().size() == 1);
    CHECK(bad.contents().empty());
  });
}

TEST_CASE("a missing input is an error before anything runs", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files;
    env.from_source(file::lines("nowhere/*.txt").from_files(files)).sink(file::lines_sink("out").to_files(files));
    const auto problem = failure_of(env);
    CHECK(problem.code() == errc::not_found);
    CHECK(std::string(problem.what()).find("nowhere/*.txt") != std::string::npos);
    CHECK(files.contents().empty());
  });
}

TEST_CASE("an empty input makes an empty file", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files({{"in", ""}});
    env.from_source(file::lines("in").from_files(files)).sink(file::lines_sink("out").to_files(files));
    env.execute("nothing");
    CHECK(files.contents() == contents{{"in", ""}, {"out", ""}});
  });
}

struct visit {
  std::string user;
  int pages = 0;
};
SAGE_DESCRIBE(visit, user, pages)

TEST_CASE("typed rows go from CSV to JSON Lines", "[pipeline][file]") {
  std::string csv = "pages,user\n";
  std::string json;
  for (int i = 0; i < 500; ++i) {
    csv += std::to_string(i) + ",\"user " + std::to_string(i % 7) + "\"\n";
    json += "{\"user\":\"user " + std::to_string(i % 7) + "\",\"pages\":" + std::to_string(i) + "}\n";
  }
  on_engines([&](environment& env) {
    memory_files files({{"in.csv", csv}});
    env.from_source(file::csv<visit>("in.csv", {.quoted_newlines = false}).from_files(files).split_bytes(1000))
        .sink(file::json_lines_sink<visit>("out.jsonl").to_files(files));
    env.execute("convert");
    CHECK(sorted_lines(files.content("out.jsonl")) == sorted_lines(json));
  });
}

TEST_CASE("bad rows end the job with their place, or are counted as dropped by the source", "[pipeline][file]") {
  const std::string json = "{\"user\":\"a\"}\nnot json\n{\"user\":\"b\"}\n{\"pages\":\"x\"}\n";
  on_engines([&](environment& env) {
    memory_files files({{"in", json}});
    env.from_source(file::json_lines<visit>("in").from_files(files)).sink(sage::discard());
    const auto problem = failure_of(env);
    CHECK(problem.code() == errc::parse);
    CHECK(std::string(problem.what()).find("in:2:") != std::string::npos);

    env.from_source(file::json_lines<visit>("in").from_files(files).on_bad_row(sage::drop))
        .name("visits")
        .sink(file::csv_sink<visit>("out").to_files(files));
    const auto result = env.execute("dropping");
    CHECK(files.content("out") == "user,pages\na,0\nb,0\n");
    std::uint64_t dropped = 0;
    for (const auto& one : result.metrics.operators) {
      if (one.name == "visits") dropped += one.dropped;
    }
    CHECK(dropped == 2);
  });
}

TEST_CASE("lines that can't be decoded by a map are dead letters with their text", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files({{"in", "{\"user\":\"a\"}\nnot json\n"}});
    sage::collected<sage::dead_letter> dead;
    env.from_source(file::lines("in").from_files(files))
        .map(file::json_decoder<visit>{})
        .on_error(sage::dead_letters)
        .sink(file::json_lines_sink<visit>("out").to_files(files));
    env.dead_letters().sink(sage::collect_into(dead));
    env.execute("dead");
    CHECK(files.content("out") == "{\"user\":\"a\",\"pages\":0}\n");
    REQUIRE(dead.size() == 1);
    CHECK(dead.records().front().record.find("not json") != std::string::npos);
  });
}

TEST_CASE("documents are read one by one", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files;
    strings expected;
    for (int i = 0; i < 40; ++i) {
      const std::string name = "docs/" + std::to_string(i);
      files.put(name, std::string(static_cast<std::size_t>(i) * 100, 'x'));
      expected.push_back(name + " " + std::to_string(i * 100));
    }
    std::sort(expected.begin(), expected.end());
    env.from_source(file::documents("docs").from_files(files))
        .map([](const file::document& one) { return one.path + " " + std::to_string(one.bytes.size()); })
        .sink(file::lines_sink("out").to_files(files));
    env.execute("documents");
    CHECK(sorted_lines(files.content("out")) == expected);
  });
}

TEST_CASE("instances that write a file each write everything together", "[pipeline][file]") {
  for (const char* engine : {"reference", "actors"}) {
    memory_files files({{"in", some_text(900)}});
    const auto env = sage::test::make_environment({engine, 3, 16});
    env->from_source(file::lines("in").from_files(files).split_bytes(1000))
        .rebalance()
        .sink(file::lines_sink("out/part.txt").per_instance().to_files(files));
    env->execute("parts");
    std::string all;
    std::size_t parts = 0;
    for (const auto& [name, content] : files.contents()) {
      if (name == "in") continue;
      CHECK(name == "out/part-0000" + std::to_string(parts++) + ".txt");
      all += content;
    }
    CHECK(parts == 3);
    CHECK(sorted_lines(all) == sorted_lines(some_text(900)));
  }
}

TEST_CASE("one file can't be written by instances that the user asked for", "[pipeline][file]") {
  on_engines([](environment& env) {
    memory_files files({{"in", "a\n"}});
    env.from_source(file::lines("in").from_files(files))
        .rebalance()
        .sink(file::lines_sink("out").to_files(files))
        .parallelism(2);
    const auto problem = failure_of(env);
    CHECK(problem.code() == errc::invalid_argument);
    CHECK(std::string(problem.what()).find("per_instance()") != std::string::npos);
    CHECK(files.contents().size() == 1);
  });
}

}  // namespace
