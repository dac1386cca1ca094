// What a source had read stayed in its output when the source waited for more longer than an activation lasts, as a
// pipe does on a busy machine: each activation ended before it came to flush.
#include <atomic>

#include "tests/pipelines/engines.hpp"

namespace {

struct progress {
  std::atomic<bool> seen = false;
  std::atomic<int> idles = 0;
};

/// One record, then nothing until it has been seen.
struct quiet_source {
  using record_type = int;
  std::shared_ptr<progress> shared;
  static constexpr int idles_max = 1'000'000;  // seconds: a busy machine gets to the sink long before

  static const char* kind() { return "quiet"; }
  [[nodiscard]] sage::source_plan plan() const {
    sage::source_plan made;
    made.splits = {sage::split{"quiet"}};
    made.blocking = true;
    return made;
  }

  struct reader final : sage::source_reader<int> {
    explicit reader(std::shared_ptr<progress> with) : shared(std::move(with)) {}
    void open(sage::context& me) override { self = &me; }
    void start(const sage::split&, std::uint64_t) override {}
    sage::read_status read(sage::batch<int>& into, std::size_t) override {
      if (!given) {
        into.emplace_back(7);
        given = true;
        return sage::read_status::more;
      }
      if (shared->seen || ++shared->idles >= idles_max) return sage::read_status::end_of_split;
      self->engine()->wake();
      return sage::read_status::idle;
    }
    [[nodiscard]] std::uint64_t position() const override { return given ? 1 : 0; }
    std::shared_ptr<progress> shared;
    sage::context* self = nullptr;
    bool given = false;
  };
  [[nodiscard]] std::unique_ptr<sage::source_reader<int>> make_reader() const {
    return std::make_unique<reader>(shared);
  }
};

TEST_CASE("what an idle source has read leaves, however short activations are", "[regression][source]") {
  for (const char* engine : {"reference", "actors"}) {
    CAPTURE(engine);
    sage::environment_options options;
    options.disabled_passes = {"chain-fusion", "router-fusion"};
    options.flow.activation_time_max = 0;  // every activation is over after its first step
    std::unique_ptr<sage::environment> env;
    if (std::string(engine) == "reference") {
      env = std::make_unique<sage::reference_environment>(options);
    } else {
      env = std::make_unique<sage::local_environment>(options);
    }
    const auto shared = std::make_shared<progress>();
    env->from_source(quiet_source{shared}).sink([shared](int) { shared->seen = true; });
    env->execute("idle");
    CHECK(shared->idles < quiet_source::idles_max);
  }
}

}  // namespace
