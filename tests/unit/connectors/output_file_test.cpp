#include "sage/connectors/file/output_file.hpp"

#include <filesystem>

#include "sage/connectors/file/lines_sink.hpp"
#include "sage/connectors/file/text_sink.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"
#include "tests/source_harness.hpp"

using namespace sage;
using test::make_context;
using contents = std::map<std::string, std::string>;

namespace {

template <class T>
std::unique_ptr<sink_writer<T>> writer_of(const file::lines_sink& sink) {
  return sink.make_writer();
}

template <class T>
void write(sink_writer<T>& writer, const std::vector<T>& records) {
  const auto made = batch<T>::make(batch_pool::make(), records.size());
  for (const T& one : records) made->push_back(one);
  writer.write(*made, false);
}

}  // namespace

TEST_CASE("a file appears under its name on commit, not before", "[connectors][output]") {
  const test::scratch_folder folder;
  context self = make_context();
  file::output_file out(system_files(), folder / "out.txt");
  out.open(self);
  out.write("one\n");
  REQUIRE(folder.names().size() == 1);
  CHECK(folder.names().front().starts_with(".out.txt.sage-"));
  CHECK(folder.names().front().ends_with(".tmp"));
  out.prepare();
  CHECK(folder.names().front() != "out.txt");
  out.commit();
  CHECK(folder.names() == std::vector<std::string>{"out.txt"});
  CHECK(folder.read("out.txt") == "one\n");
}

TEST_CASE("an abort leaves nothing, and what was there stays", "[connectors][output]") {
  const test::scratch_folder folder;
  folder.write("out.txt", "old\n");
  context self = make_context();
  SECTION("when it is told") {
    file::output_file out(system_files(), folder / "out.txt");
    out.open(self);
    out.write("new\n");
    out.abort();
    CHECK(folder.names() == std::vector<std::string>{"out.txt"});
  }
  SECTION("when it was prepared already") {
    file::output_file out(system_files(), folder / "out.txt");
    out.open(self);
    out.write("new\n");
    out.prepare();
    CHECK(folder.names().size() == 2);
    out.abort();
  }
  SECTION("when it just dies") {
    file::output_file out(system_files(), folder / "out.txt");
    out.open(self);
    out.write("new\n");
    CHECK(folder.names().size() == 2);
  }
  CHECK(folder.names() == std::vector<std::string>{"out.txt"});
  CHECK(folder.read("out.txt") == "old\n");
}

TEST_CASE("a commit replaces what was there; a link to it stays a link", "[connectors][output]") {
  const test::scratch_folder folder;
  folder.write("real/out.txt", "old\n");
  std::filesystem::create_symlink(folder / "real/out.txt", folder / "link");
  context self = make_context();
  file::output_file out(system_files(), folder / "link");
  out.open(self);
  out.write("new\n");
  out.prepare();
  out.commit();
  CHECK(folder.read("real/out.txt") == "new\n");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(folder.names() == std::vector<std::string>{"link", "real"});
}

TEST_CASE("a full disk is one error with the target's name, and nothing stays", "[connectors][output]") {
  testing::memory_files files;
  files.how.space_bytes = 10;
  context self = make_context();
  file::output_file out(files, "out.txt");
  out.open(self);
  out.write("12345");
  const auto problem = test::error_of([&] { out.write("1234567"); });
  CHECK(problem.code() == errc::io);
  CHECK(problem.where() == "out.txt");
  CHECK_FALSE(problem.advice().empty());
  out.abort();
  CHECK(files.contents().empty());
}

TEST_CASE("a disk that fails when the file is made durable fails the sink", "[connectors][output]") {
  testing::memory_files files({{"out.txt", "old"}});
  context self = make_context();
  file::output_file out(files, "out.txt");
  out.open(self);
  out.write("new");
  files.how.fail_sync = true;
  CHECK(test::error_of([&] { out.prepare(); }).where() == "out.txt");
  out.abort();
  CHECK(files.contents() == contents{{"out.txt", "old"}});
}

TEST_CASE("a rename that fails leaves the old file alone", "[connectors][output]") {
  testing::memory_files files({{"out.txt", "old"}});
  files.how.fail_rename = true;
  context self = make_context();
  file::output_file out(files, "out.txt");
  out.open(self);
  out.write("new");
  out.prepare();
  CHECK(test::error_of([&] { out.commit(); }).code() == errc::io);
  out.abort();
  CHECK(files.contents() == contents{{"out.txt", "old"}});
}

TEST_CASE("targets that can't be written are errors before anything is", "[connectors][output]") {
  const test::scratch_folder folder;
  context self = make_context();
  const auto problem_with = [&](const std::string& target) {
    return test::error_of([&] {
      file::output_file out(system_files(), target);
      out.open(self);
    });
  };
  const auto in_the_way = problem_with(folder.path());
  CHECK(in_the_way.code() == errc::io);
  CHECK(in_the_way.where() == folder.path());
  const auto no_folder = problem_with(folder / "none/out.txt");
  CHECK(no_folder.code() == errc::not_found);
  CHECK(no_folder.where() == folder / "none/out.txt");
  CHECK(no_folder.advice() == "make it first");
  CHECK(problem_with(folder.write("file", "") + "/out.txt").code() == errc::not_found);
  CHECK(problem_with("").code() == errc::invalid_argument);
  CHECK(folder.names() == std::vector<std::string>{"file"});
}

TEST_CASE("a name of full length has a temporary name, too", "[connectors][output]") {
  const test::scratch_folder folder;
  const std::string name(255, 'n');
  context self = make_context();
  file::output_file out(system_files(), folder / name);
  out.open(self);
  out.prepare();
  out.commit();
  CHECK(folder.names() == std::vector<std::string>{name});
}

TEST_CASE("two writers of one target don't share a temporary file", "[connectors][output]") {
  const test::scratch_folder folder;
  context first = make_context();
  context second = make_context();  // draws the same random numbers
  file::output_file a(system_files(), folder / "out");
  file::output_file b(system_files(), folder / "out");
  a.open(first);
  b.open(second);
  CHECK(folder.names().size() == 2);
}

TEST_CASE("a device is written as it comes", "[connectors][output]") {
  context self = make_context();
  file::output_file out(system_files(), "/dev/null");
  out.open(self);
  CHECK(out.is_stream());
  out.write("gone");
  out.prepare();
  out.commit();
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("the standard output is - and /dev/stdout", "[connectors][output]") {
  for (const char* name : {"-", "/dev/stdout"}) {
    testing::memory_files files;
    context self = make_context();
    file::output_file out(files, name);
    out.open(self);
    CHECK(out.is_stream());
    CHECK(out.target() == "stdout");
    out.write("text");
    CHECK(files.content("stdout") == "text");
  }
}

TEST_CASE("lines are text as it is and numbers as short as can be", "[connectors][sink]") {
  std::string out;
  const file::line_formatter line;
  line(out, std::string("text"));
  line(out, slice("view"));
  line(out, 42);
  line(out, std::uint64_t{18446744073709551615u});
  line(out, -1.5);
  line(out, 0.1f);
  line(out, true);
  line(out, 'c');
  CHECK(out == "text\nview\n42\n18446744073709551615\n-1.5\n0.1\ntrue\nc\n");
}

TEST_CASE("a sink writes in large pieces and everything before it is prepared", "[connectors][sink]") {
  testing::memory_files files;
  context self = make_context();
  const auto writer = writer_of<std::string>(file::lines_sink("out").buffer_bytes(10).to_files(files));
  writer->open(self);
  write<std::string>(*writer, {"a"});
  CHECK(files.contents().begin()->second.empty());
  write<std::string>(*writer, {"0123456789", "b"});
  CHECK(files.contents().begin()->second == "a\n0123456789\n");
  writer->prepare(0);
  writer->commit(0);
  CHECK(files.contents() == contents{{"out", "a\n0123456789\nb\n"}});
}

TEST_CASE("readers of a stream get each batch at once", "[connectors][sink]") {
  testing::memory_files files;
  context self = make_context();
  const auto writer = writer_of<int>(file::stdout_lines().to_files(files));
  writer->open(self);
  write(*writer, {1, 2});
  CHECK(files.content("stdout") == "1\n2\n");
}

TEST_CASE("a record that can't be formatted leaves no part of its text", "[connectors][sink]") {
  testing::memory_files files;
  context self = make_context();
  const auto sink = file::text_sink<int>("out", [](std::string& out, int n) {
                      out += "n=";
                      if (n < 0) throw std::runtime_error("negative");
                      out += std::to_string(n) + ";";
                    }).to_files(files);
  const auto writer = sink.make_writer();
  writer->open(self);
  CHECK_THROWS_AS(write<int>(*writer, {1, 2, -3}), std::runtime_error);
  writer->prepare(0);
  writer->commit(0);
  CHECK(files.content("out") == "n=1;n=2;");
}

TEST_CASE("several instances write a file each, or refuse to share one", "[connectors][sink]") {
  testing::memory_files files;
  context self = make_context(64, 3, 4);
  const auto shared = file::lines_sink("dir/out.csv").to_files(files);
  CHECK(shared.single_instance());
  const auto problem = test::error_of([&] { writer_of<int>(shared)->open(self); });
  CHECK(problem.code() == errc::invalid_argument);
  CHECK(problem.where() == "dir/out.csv");
  const auto each = file::lines_sink("dir/out.csv").per_instance().to_files(files);
  CHECK_FALSE(each.single_instance());
  const auto writer = writer_of<int>(each);
  writer->open(self);
  writer->prepare(0);
  writer->commit(0);
  CHECK(files.has("dir/out-00003.csv"));
}

TEST_CASE("a file is the one of the checkpoint also where a link to its folder hides that", "[connectors][output]") {
  const test::scratch_folder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink("real", folder / "link");
  const std::string path = folder / "link/out.txt";
  context self = make_context();
  self.set_checkpointed("0123456789abcdef", false);
  file::output_file out(system_files(), path);
  out.open(self);
  out.write("one\n");
  out.prepare(true);
  out.commit();  // from here on the path is followed through the link

  context again = make_context();
  again.set_checkpointed("0123456789abcdef", true);
  file::output_file same(system_files(), path);
  same.open(again);
  same.recover(out.pending());
  same.commit();
  CHECK(folder.read("real/out.txt") == "one\n");

  file::output_file other(system_files(), folder / "link/other.txt");
  other.open(again);
  CHECK(test::error_of([&] { other.recover(out.pending()); }).code() == errc::invalid_argument);
}

TEST_CASE("the names of parts keep the extension", "[connectors][sink]") {
  CHECK(file::part_name("out.csv", 0) == "out-00000.csv");
  CHECK(file::part_name("a.b/out", 12) == "a.b/out-00012");
  CHECK(file::part_name("a/.hidden", 1) == "a/.hidden-00001");
  CHECK(file::part_name("x.tar.gz", 123456) == "x.tar-123456.gz");
}
