#include "sage/graph/render.hpp"

#include <nlohmann/json.hpp>

#include "sage/graph/render_parts.hpp"
#include "sage/sage.hpp"
#include "tests/catch.hpp"

using namespace sage;
using graph::pass_step;
using graph::render_format;

namespace {

struct planned {
  graph::physical_plan plan;
  std::vector<pass_step> steps;
};

planned sums_by_parity(std::vector<std::string> disabled = {}) {
  environment_options settings;
  settings.cores = 2;
  settings.disabled_passes = std::move(disabled);
  reference_environment env(settings);
  env.from_source(range<int>(0, 100, 2))
      .name("numbers")
      .map([](int n) { return n * 3; })
      .name("triple")
      .on_error(drop)
      .key_by([](int n) { return n % 2; })
      .aggregate(count{})
      .name("counts")
      .sink([](const std::pair<int, std::uint64_t>&) {})
      .name("out");
  planned made;
  made.plan = env.plan("parity", [&made](std::string_view pass, const graph::logical_graph& graph, double) {
    made.steps.push_back(pass_step{std::string(pass), "does " + std::string(pass), graph});
  });
  return made;
}

std::string rendered(const planned& of, render_format format, bool explain = false) {
  return graph::render(of.plan, {format, explain, of.steps});
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a plan as text shows operators, edges, actors and channels", "[graph][render]") {
  CHECK(rendered(sums_by_parity(), render_format::text) ==
        R"(parity: 5 operators in 5 actors, 6 channels

operators
  numbers         range      -> int                                                                  x2 batch 4096  2 splits, 100 records
  triple          map        int -> int                                                              x2 batch 4096  on error drop
  counts.combine  combine    int -> std::pair<int, long unsigned int>                                x2 batch 2048
  counts          aggregate  std::pair<int, long unsigned int> -> std::pair<int, long unsigned int>  x2 batch 2048
  out             sink       std::pair<int, long unsigned int>                                       x1 batch 2048

edges
  numbers -> triple         forward, fused
  triple -> counts.combine  forward, fused
  counts.combine -> counts  hash, router fused
  counts -> out             rebalance, router fused

actors
  numbers+triple+counts.combine  x2  batch 2048
  counts                         x2  batch 2048
  out                            x1  batch 2048

channels
  counts -> out                            x2
  numbers+triple+counts.combine -> counts  x4
)");
}

TEST_CASE("what is rendered is the same for the same pipeline", "[graph][render]") {
  for (const render_format format :
       {render_format::text, render_format::dot, render_format::mermaid, render_format::json}) {
    CHECK(rendered(sums_by_parity(), format, true) == rendered(sums_by_parity(), format, true));
  }
}

TEST_CASE("an explained plan gives reasons, and what each pass changed", "[graph][render]") {
  const std::string text = rendered(sums_by_parity(), render_format::text, true);
  CHECK(text.find("    - parallelism 2: 2 splits\n") != std::string::npos);
  CHECK(text.find("\npasses\n  as declared\n    + numbers  range  -> int\n") != std::string::npos);
  CHECK(text.find("  dead-branches: does dead-branches\n    no change\n") != std::string::npos);
  CHECK(text.find("  chain-fusion: does chain-fusion\n    - numbers -> triple  forward\n") != std::string::npos);
  CHECK(text.find("    + numbers -> triple  forward, fused\n") != std::string::npos);
  CHECK(rendered(sums_by_parity(), render_format::text).find("passes") == std::string::npos);
}

TEST_CASE("a plan as JSON has every instance and channel", "[graph][render]") {
  const planned made = sums_by_parity();
  const auto json = nlohmann::json::parse(rendered(made, render_format::json, true));
  CHECK(json["version"] == 1);
  CHECK(json["name"] == "parity");
  CHECK(json["operators"].size() == made.plan.graph.in_order().size());
  CHECK(json["instances"].size() == made.plan.instances.size());
  CHECK(json["channels"].size() == made.plan.channels.size());
  CHECK(json["passes"].size() == made.steps.size());
  CHECK(json["passes"][0]["pass"] == "");
  CHECK(json["operators"][0]["name"] == "numbers");
  CHECK(json["operators"][0]["out"][0] == "int");
  CHECK(json["operators"][0]["splits"] == 2);
  CHECK_FALSE(json["operators"][0].contains("in"));
  CHECK(json["operators"][1]["on_error"] == "drop");
  CHECK_FALSE(json["operators"][0]["reasons"].empty());
  for (const auto& channel : json["channels"]) {
    CHECK(channel["from"].get<std::size_t>() < json["instances"].size());
    CHECK(channel["to"].get<std::size_t>() < json["instances"].size());
  }
  const auto bare = nlohmann::json::parse(rendered(made, render_format::json));
  CHECK_FALSE(bare.contains("passes"));
  CHECK_FALSE(bare["operators"][0].contains("reasons"));
}

TEST_CASE("routers that are not fused are instances of their own", "[graph][render]") {
  const planned made = sums_by_parity({"router-fusion", "chain-fusion"});
  const auto json = nlohmann::json::parse(rendered(made, render_format::json));
  std::size_t routers = 0;
  for (const auto& one : json["instances"]) routers += one["kind"] == "router" ? 1 : 0;
  CHECK(routers > 0);
  CHECK(rendered(made, render_format::text).find("counts.router") != std::string::npos);
}

TEST_CASE("a plan as DOT has one frame per chain and quotes what it must", "[graph][render]") {
  const std::string dot = rendered(sums_by_parity(), render_format::dot);
  CHECK(dot.starts_with("digraph \"parity\" {\n"));
  CHECK(dot.ends_with("}\n"));
  CHECK(count_of(dot, "subgraph cluster_actor_") == 3);
  CHECK(dot.find("s0_0 -> s0_1 [label=\"forward, fused\"];") != std::string::npos);
  CHECK(count_of(dot, "{") == count_of(dot, "}"));
  const std::string explained = rendered(sums_by_parity(), render_format::dot, true);
  CHECK(explained.find("label=\"as declared\"") != std::string::npos);
  CHECK(explained.find("label=\"after chain-fusion\"") != std::string::npos);
  // A pass that changed nothing is no picture.
  CHECK(explained.find("after dead-branches") == std::string::npos);

  graph::physical_plan odd;
  odd.graph.name = "a \"b\" \\ \n";
  CHECK(graph::render(odd, {render_format::dot, false, {}}).starts_with("digraph \"a \\\"b\\\" \\\\  \" {"));
}

TEST_CASE("a plan as Mermaid writes as entities what Mermaid would read", "[graph][render]") {
  const std::string text = rendered(sums_by_parity(), render_format::mermaid, true);
  CHECK(text.starts_with("flowchart LR\n"));
  CHECK(text.find("std::pair#lt;int, ") != std::string::npos);
  CHECK(count_of(text, "subgraph ") == count_of(text, "  end\n"));
}

TEST_CASE("types are spelt for people", "[graph][render]") {
  using graph::rendering::type_text;
  CHECK(type_text("std::__cxx11::basic_string<char>") == "std::string");
  CHECK(type_text("std::basic_string_view<char>") == "std::string_view");
  CHECK(type_text("std::vector<std::pair<std::__cxx11::basic_string<char, std::char_traits<char>, "
                  "std::allocator<char> >, int>, std::allocator<int> >") ==
        "std::vector<std::pair<std::string, int>>");
  CHECK(type_text("shop::order") == "shop::order");
}
