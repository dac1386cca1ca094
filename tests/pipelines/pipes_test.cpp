// Named pipes as sources and sinks of whole pipelines: what waits there must end when the job does.
#include <array>
#include <chrono>
#include <future>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/pipelines/engines.hpp"
#include "tests/scratch_folder.hpp"

namespace {

using sage::test::scratch_folder;
using strings = std::vector<std::string>;
namespace file = sage::file;

// A named pipe with both ends open for the test, so that neither end of the job sees its end too early.
class named_pipe {
 public:
  explicit named_pipe(const scratch_folder& folder) : path_(folder / "pipe") {
    REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(descriptor_ >= 0);
  }
  ~named_pipe() { close(); }
  void write(const std::string& text) const {
    REQUIRE(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

constexpr std::int64_t soon_ms = 20'000;  // a bound for a machine under load, not a wait

TEST_CASE("a line that came through a pipe arrives before the next one is written", "[pipeline][pipe]") {
  for (const bool fused : {true, false}) {
    for (const char* engine : {"reference", "actors"}) {
      const scratch_folder folder;
      named_pipe pipe(folder);
      std::array<std::promise<void>, 3> seen;
      const auto env = sage::test::make_environment({engine, 1, 1024, fused});
      env->from_source(file::lines(pipe.path()))
          .map([](std::string line) { return std::stoi(line); })
          .sink([&](int n) { seen[static_cast<std::size_t>(n)].set_value(); });
      const sage::job job = env->submit("pipe");
      for (std::size_t i = 0; i < seen.size(); ++i) {
        pipe.write(std::to_string(i) + "\n");
        REQUIRE(seen[i].get_future().wait_for(std::chrono::milliseconds(soon_ms)) == std::future_status::ready);
      }
      pipe.close();
      CHECK(job.wait_for(soon_ms).has_value());
    }
  }
}

TEST_CASE("a drain ends a source that waits for a pipe, and what was read is kept", "[pipeline][pipe]") {
  for (const char* engine : {"reference", "actors"}) {
    const scratch_folder folder;
    const named_pipe pipe(folder);
    std::promise<void> seen;
    const auto env = sage::test::make_environment({engine});
    env->from_source(file::lines(pipe.path()))
        .inspect([&](const std::string&) { seen.set_value(); })
        .sink(file::lines_sink(folder / "out"));
    const sage::job job = env->submit("pipe");
    pipe.write("first\nunfinished");
    REQUIRE(seen.get_future().wait_for(std::chrono::milliseconds(soon_ms)) == std::future_status::ready);
    job.drain();
    REQUIRE(job.wait_for(soon_ms).has_value());
    CHECK(folder.read("out") == "first\n");
  }
}

TEST_CASE("a cancel ends a source that waits for a pipe, and leaves nothing", "[pipeline][pipe]") {
  for (const char* engine : {"reference", "actors"}) {
    const scratch_folder folder;
    const named_pipe pipe(folder);
    std::promise<void> seen;
    const auto env = sage::test::make_environment({engine});
    env->from_source(file::lines(pipe.path()))
        .inspect([&](const std::string&) { seen.set_value(); })
        .sink(file::lines_sink(folder / "out"));
    const sage::job job = env->submit("pipe");
    pipe.write("first\n");
    REQUIRE(seen.get_future().wait_for(std::chrono::milliseconds(soon_ms)) == std::future_status::ready);
    job.cancel();
    CHECK_THROWS_AS(job.wait_for(soon_ms), sage::error);
    CHECK(job.state() == sage::job_state::cancelled);
    CHECK(folder.names() == strings{"pipe"});
  }
}

TEST_CASE("a cancel ends a sink whose pipe nobody reads from", "[pipeline][pipe]") {
  for (const char* engine : {"reference", "actors"}) {
    const scratch_folder folder;
    const named_pipe pipe(folder);
    std::promise<void> full;
    const auto env = sage::test::make_environment({engine});
    env->from_source(sage::range<int>(0, 1'000'000))
        .inspect([&](const int& n) {
          // About half of what the pipe holds: it has room for 16 writes, two of which make a batch. Then it blocks.
          if (n == 5'000) full.set_value();
        })
        .sink(file::lines_sink(pipe.path()));
    const sage::job job = env->submit("pipe");
    const auto made = full.get_future().wait_for(std::chrono::milliseconds(soon_ms));
    job.cancel();
    CHECK(made == std::future_status::ready);
    CHECK_THROWS_AS(job.wait_for(soon_ms), sage::error);
    CHECK(sage::is_final(job.state()));
  }
}

TEST_CASE("a reader that goes away is an error that programs can tell", "[pipeline][pipe]") {
  for (const char* engine : {"reference", "actors"}) {
    const scratch_folder folder;
    named_pipe pipe(folder);
    std::promise<void> begun;
    std::promise<void> closed;
    const auto env = sage::test::make_environment({engine, 1, 16});
    env->from_source(sage::range<int>(0, 100'000))
        .inspect([&, wait = closed.get_future().share()](const int& n) {
          if (n == 100) {
            begun.set_value();
            wait.wait();
          }
        })
        .sink(file::lines_sink(pipe.path()));
    const sage::job job = env->submit("head");
    REQUIRE(begun.get_future().wait_for(std::chrono::milliseconds(soon_ms)) == std::future_status::ready);
    pipe.close();
    closed.set_value();
    try {
      job.wait();
      FAIL("it can't have succeeded");
    } catch (const sage::error& problem) {
      CHECK(sage::is_closed_stream(problem));
    }
  }
}

}  // namespace
