#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sage/base/file_system.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;

namespace {

file_system& files = system_files();

std::string read_all(readable_file& from) {
  std::string all(1000, '\0');
  all.resize(from.read(all.data(), all.size()).value());
  return all;
}

// Two ends of a pipe.
struct pipe_ends {
  int read = -1;
  int write = -1;
  pipe_ends() {
    int both[2];
    REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
    read = both[0];
    write = both[1];
  }
  ~pipe_ends() {
    close_read();
    close_write();
  }
  void close_read() {
    if (read >= 0) ::close(std::exchange(read, -1));
  }
  void close_write() {
    if (write >= 0) ::close(std::exchange(write, -1));
  }
};

std::string path_of(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

}  // namespace

TEST_CASE("what is written can be read, from any offset", "[base][files]") {
  const test::scratch_folder folder;
  const auto out = files.create(folder / "a").value();
  out->write("hello ", -1).value();
  out->write("world", -1).value();
  out->sync().value();
  out->close().value();
  CHECK(files.status(folder / "a").value().bytes == 11);
  CHECK(files.status(folder / "a").value().kind == file_kind::regular);
  const auto in = files.open(folder / "a").value();
  CHECK(read_all(*in) == "hello world");
  CHECK(read_all(*in).empty());
  in->seek(6).value();
  CHECK(read_all(*in) == "world");
}

TEST_CASE("a new file never takes the place of another", "[base][files]") {
  const test::scratch_folder folder;
  folder.write("a", "old");
  CHECK(files.create(folder / "a").error().code() == errc::invalid_argument);
  CHECK(folder.read("a") == "old");
}

TEST_CASE("a rename takes the place of what was there", "[base][files]") {
  const test::scratch_folder folder;
  folder.write("new", "new");
  folder.write("old", "old");
  files.rename(folder / "new", folder / "old").value();
  CHECK(folder.names() == std::vector<std::string>{"old"});
  CHECK(folder.read("old") == "new");
  files.remove(folder / "old").value();
  CHECK(folder.names().empty());
}

TEST_CASE("a folder lists what it has, without following links", "[base][files]") {
  const test::scratch_folder folder;
  folder.write("file", "");
  folder.write("sub/file", "");
  std::filesystem::create_symlink("nowhere", folder / "link");
  auto entries = files.list(folder.path()).value();
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  REQUIRE(entries.size() == 3);
  CHECK((entries[0].name == "file" && entries[0].kind == file_kind::regular));
  CHECK((entries[1].name == "link" && entries[1].kind == file_kind::link));
  CHECK((entries[2].name == "sub" && entries[2].kind == file_kind::directory));
}

TEST_CASE("errors name the path, what the system said and what to do", "[base][files]") {
  const test::scratch_folder folder;
  for (const error& problem :
       {files.status(folder / "none").error(), files.open(folder / "none").error(),
        files.list(folder / "none").error(), files.create(folder / "none/file").error(),
        files.rename(folder / "none", folder / "other").error(), files.remove(folder / "none").error()}) {
    CHECK(problem.code() == errc::not_found);
    CHECK(problem.where().find(folder.path()) == 0);
    CHECK(problem.message().find("No such file") != std::string::npos);
    CHECK_FALSE(problem.advice().empty());
  }
  CHECK(files.list(folder.write("file", "")).error().code() == errc::not_found);
}

TEST_CASE("a full disk is an error that says so", "[base][files]") {
  const auto full = files.open_stream("/dev/full", -1).value();
  const auto problem = full->write("x", -1);
  REQUIRE_FALSE(problem.has_value());
  CHECK(problem.error().code() == errc::io);
  CHECK(problem.error().message().find("No space left") != std::string::npos);
  CHECK(problem.error().advice().find("space") != std::string::npos);
}

TEST_CASE("writing where nobody reads is an error that can be told, without a signal", "[base][files]") {
  pipe_ends ends;
  const auto out = files.open_stream(path_of(ends.write), -1).value();
  out->write("read\n", -1).value();
  ends.close_read();
  // SIGPIPE has its default here: it would end this process.
  struct sigaction current;
  REQUIRE(::sigaction(SIGPIPE, nullptr, &current) == 0);
  REQUIRE(current.sa_handler == SIG_DFL);
  const auto problem = out->write("lost\n", -1);
  REQUIRE_FALSE(problem.has_value());
  CHECK(is_closed_stream(problem.error()));
  // Nothing of it is left behind for later either.
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(::sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("all of a long text goes through a pipe in order", "[base][files]") {
  pipe_ends ends;
  const auto out = files.open_stream(path_of(ends.write), -1).value();
  ends.close_write();
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i) + " ";
  std::string seen;
  std::thread reader([&] {
    char buffer[777];
    for (ssize_t count = 0; (count = ::read(ends.read, buffer, sizeof buffer)) > 0;) {
      seen.append(buffer, static_cast<std::size_t>(count));
      if (seen.size() == text.size()) break;
    }
  });
  out->write(text, -1).value();
  reader.join();
  CHECK(seen == text);
}

TEST_CASE("a writer that nobody reads from ends its wait on a stop", "[base][files]") {
  pipe_ends ends;
  pipe_ends stop;
  const auto out = files.open_stream(path_of(ends.write), -1).value();
  REQUIRE(::write(stop.write, "x", 1) == 1);
  // More than any pipe holds.
  const auto problem = out->write(std::string(4u << 20, 'x'), stop.read);
  REQUIRE_FALSE(problem.has_value());
  CHECK(problem.error().code() == errc::cancelled);
}

TEST_CASE("a named pipe without a reader ends its wait on a stop", "[base][files]") {
  const test::scratch_folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  pipe_ends stop;
  REQUIRE(::write(stop.write, "x", 1) == 1);
  CHECK(files.open_stream(folder / "pipe", stop.read).error().code() == errc::cancelled);
}

TEST_CASE("waiting for a pipe ends with data, with its end, with a stop, or in time", "[base][files]") {
  pipe_ends ends;
  pipe_ends stop;
  const auto in = files.open(path_of(ends.read)).value();
  CHECK_FALSE(in->wait_readable(-1, 0).value());
  CHECK_FALSE(in->wait_readable(stop.read, 1).value());
  REQUIRE(::write(stop.write, "x", 1) == 1);
  CHECK_FALSE(in->wait_readable(stop.read, -1).value());
  REQUIRE(::write(ends.write, "abc", 3) == 3);
  CHECK(in->wait_readable(stop.read, -1).value());
  CHECK(read_all(*in) == "abc");
  ends.close_write();
  CHECK(in->wait_readable(-1, -1).value());
  CHECK(read_all(*in).empty());
}

TEST_CASE("a named pipe can be opened before its writer is there", "[base][files]") {
  const test::scratch_folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto in = files.open(folder / "pipe").value();
  CHECK_FALSE(in->wait_readable(-1, 0).value());
  CHECK(files.status(folder / "pipe").value().kind == file_kind::stream);
  const auto out = files.open_stream(folder / "pipe", -1).value();
  out->write("through", -1).value();
  CHECK(in->wait_readable(-1, -1).value());
  CHECK(read_all(*in) == "through");
}

TEST_CASE("links are resolved", "[base][files]") {
  const test::scratch_folder folder;
  folder.write("real", "");
  std::filesystem::create_symlink(folder / "real", folder / "link");
  CHECK(files.resolve(folder / "link").value() == std::filesystem::canonical(folder / "real").string());
}
