// Sources from memory: iterators, ranges, generators.
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <sstream>
#include <string>

#include "tests/pipelines/engines.hpp"

namespace {

using sage::environment;
using sage::test::on_every_engine;

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) all[static_cast<std::size_t>(i)] = i;
  return all;
}

TEST_CASE("containers, views and streams are sources by their iterators", "[pipeline][sources]") {
  const std::vector<int> table = numbers(500);
  const std::list<std::string> texts{"a", "b", "c"};
  on_every_engine([&](environment& env) {
    sage::collected<int> from_table;
    sage::collected<int> from_view;
    sage::collected<std::string> from_list;
    sage::collected<int> from_stream;
    std::istringstream stream("3 1 2");
    auto even = table | std::views::filter([](int x) { return x % 2 == 0; });
    env.from_source(sage::iterate(table)).sink(sage::collect_into(from_table));
    env.from_source(sage::iterate(even)).sink(sage::collect_into(from_view));
    env.from_source(sage::iterate(texts.begin(), texts.end())).sink(sage::collect_into(from_list));
    env.from_source(sage::iterate(std::istream_iterator<int>(stream), std::istream_iterator<int>()))
        .sink(sage::collect_into(from_stream));
    env.execute("iterators");
    CHECK(from_table.records() == table);
    CHECK(from_view.size() == 250);
    CHECK(from_list.records() == std::vector<std::string>{"a", "b", "c"});
    CHECK(from_stream.records() == std::vector<int>{3, 1, 2});
  });
}

TEST_CASE("a move iterator moves the records out", "[pipeline][sources]") {
  for (const char* engine : {"reference", "actors"}) {
    std::vector<std::unique_ptr<int>> owned;
    for (int i = 0; i < 100; ++i) owned.push_back(std::make_unique<int>(i));
    sage::collected<int> out;
    const auto env = sage::test::make_environment({engine});
    env->from_source(sage::iterate(std::move_iterator(owned.begin()), std::move_iterator(owned.end())))
        .map([](std::unique_ptr<int> one) { return *one; })
        .sink(sage::collect_into(out));
    env->execute("moved");
    CHECK(out.records() == numbers(100));
  }
}

TEST_CASE("a generator gives what its function gives, open and close around it", "[pipeline][sources]") {
  struct counter {
    std::shared_ptr<std::string> life;
    int next = 0;
    void open() { *life += "open "; }
    std::optional<int> operator()() { return next < 300 ? std::optional<int>(next++) : std::nullopt; }
    void close() { *life += "close"; }
  };
  on_every_engine([](environment& env) {
    auto life = std::make_shared<std::string>();
    sage::collected<int> out;
    env.from_source(sage::generator(counter{life})).sink(sage::collect_into(out));
    env.execute("generator");
    CHECK(out.records() == numbers(300));
    CHECK(*life == "open close");
  });
}

}  // namespace
