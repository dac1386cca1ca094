// What can't be opened or started fails the job before it has done anything, with its name and cause.
#include <stdexcept>

#include "tests/pipelines/engines.hpp"

namespace {

enum class place { open, start, read };

/// A source of two splits that throws at one place of its life.
struct broken_source {
  using record_type = int;
  place broken;

  static const char* kind() { return "broken"; }
  [[nodiscard]] sage::source_plan plan() const {
    sage::source_plan made;
    made.splits = {sage::split{"first", 0, 1, 0}, sage::split{"second", 1, 2, 1}};
    return made;
  }

  struct reader final : sage::source_reader<int> {
    explicit reader(place at) : broken(at) {}
    void at(place now) const {
      if (now == broken) throw std::runtime_error("the cable is out");
    }
    void open(sage::context&) override { at(place::open); }
    void start(const sage::split&, std::uint64_t) override { at(place::start); }
    sage::read_status read(sage::batch<int>&, std::size_t) override {
      at(place::read);
      return sage::read_status::end_of_split;
    }
    [[nodiscard]] std::uint64_t position() const override { return 0; }
    place broken;
  };
  [[nodiscard]] std::unique_ptr<sage::source_reader<int>> make_reader() const {
    return std::make_unique<reader>(broken);
  }
};

/// A sink that can't be opened.
struct broken_sink {
  static const char* kind() { return "broken"; }
  struct writer final : sage::sink_writer<int> {
    void open(sage::context&) override { throw std::runtime_error("the cable is out"); }
    void write(sage::batch<int>&, bool) override {}
  };
  [[nodiscard]] std::unique_ptr<sage::sink_writer<int>> make_writer() const { return std::make_unique<writer>(); }
};

std::string problem_of(sage::environment& env) {
  try {
    env.execute("broken");
  } catch (const sage::error& problem) {
    return problem.what();
  }
  return "no error";
}

TEST_CASE("a source that throws in open, start or read fails the job with its name", "[pipeline][failure]") {
  for (const place broken : {place::open, place::start, place::read}) {
    sage::test::on_every_engine([&](sage::environment& env) {
      const sage::collected<int> out;
      env.from_source(broken_source{broken}).name("cable").sink(sage::collect_into(out));
      const std::string problem = problem_of(env);
      CHECK((problem == "cable[0]: the cable is out" || problem == "cable[1]: the cable is out"));
      CHECK(out.size() == 0);
    });
  }
}

TEST_CASE("a sink that throws in open fails the job with its name", "[pipeline][failure]") {
  sage::test::on_every_engine([](sage::environment& env) {
    env.from_source(sage::range<int>(0, 100'000)).sink(broken_sink{}).name("cable");
    CHECK(problem_of(env).ends_with("]: the cable is out"));
  });
}

}  // namespace
