// Every pass preserves results: random pipelines under every subset of the optional passes, on the reference engine.
#include "sage/optimizer/optimizer.hpp"
#include "tests/catch.hpp"
#include "tests/unit/optimizer/random_pipeline.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;

namespace {

std::vector<std::string> optional_passes() {
  std::vector<std::string> names;
  for (const optimizer::pass& p : optimizer::passes()) {
    if (p.optional) names.emplace_back(p.name);
  }
  return names;
}

std::vector<std::vector<int>> run(std::uint64_t seed, std::vector<std::string> disabled) {
  environment_options options;
  options.cores = 2 + seed % 2;
  options.batch_size = 1 + seed % 6;
  options.flow.window_batches = static_cast<std::uint32_t>(1 + seed % 3);
  options.disabled_passes = std::move(disabled);
  reference_environment env(options);
  const test::random_pipeline pipeline(env, seed);
  env.execute("random");
  return pipeline.results();
}

}  // namespace

TEST_CASE("every subset of the passes gives the results of none", "[optimizer][property]") {
  const std::vector<std::string> names = optional_passes();
  REQUIRE(names.size() >= 5);
  std::size_t records = 0;
  test::for_each_seed(200, [&](std::mt19937_64& random) {
    const std::uint64_t seed = random();
    const auto wanted = run(seed, names);
    for (const auto& sink : wanted) records += sink.size();
    for (std::size_t subset = 1; subset < std::size_t{1} << names.size(); ++subset) {
      std::vector<std::string> disabled;
      std::string enabled;
      for (std::size_t i = 0; i < names.size(); ++i) {
        if ((subset >> i & 1) == 0) {
          disabled.push_back(names[i]);
        } else {
          enabled += names[i] + " ";
        }
      }
      INFO("with " << enabled);
      REQUIRE(run(seed, disabled) == wanted);
    }
  });
  CHECK(records > 0);
}
