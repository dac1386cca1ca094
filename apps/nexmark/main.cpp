// nexmark: generates the events of the Nexmark benchmark, and answers its queries 0 to 8.
#include <string>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "nexmark/events.hpp"
#include "nexmark/queries.hpp"

namespace {

sage::error missing(const char* option, const char* advice) {
  return {sage::errc::configuration, "is missing", option, advice};
}

void check_run(const sage::options& given) {
  if (given.get<std::string>("query").empty()) throw missing("--query", "name one of q0 to q8");
  if (given.get<std::string>("input").empty()) throw missing("--input", "name what 'nexmark generate' has written");
}

sage::app app() {
  sage::app app("nexmark", "the Nexmark benchmark: people, auctions and bids as a stream, and queries over it");
  app.help(
      "'nexmark generate' writes events as JSON Lines: the same ones for the same --events and --seed. 'nexmark "
      "run'\n"
      "answers a query over them as CSV, ordered by its columns: q0 all bids, q1 in another currency, q2 of some\n"
      "auctions, q3 local items, q4 average price per category, q5 hot items, q6 average price per seller, q7 "
      "highest\n"
      "bids, q8 new sellers. The result is the same at every parallelism.");
  app.example("nexmark generate --events 1000000 --seed 1 --output events.jsonl", "a hundred seconds of events");
  app.example("nexmark run --query q5 --input events.jsonl --output hot.csv", "which auctions are hot");
  app.option<std::uint64_t>("events", "how many events to generate").fallback(100'000).between(1, 1'000'000'000);
  app.option<std::string>("query", "which query to run").choices(nexmark::query_names()).fallback("");
  app.option<std::string>("input", "events as JSON Lines; - is stdin").shown_as("FILE").fallback("");
  app.option<std::string>("output", "where events or rows go; - is stdout").shown_as("FILE").required();
  app.check(check_run);
  app.build([](sage::environment& env, const sage::options& given) {
    const auto events =
        env.from_source(sage::file::json_lines<nexmark::event>(given.get<std::string>("input"))).name("events");
    nexmark::declare_query(given.get<std::string>("query"), events, given.get<std::string>("output"));
  });
  app.command("generate", "writes events to the file of --output")
      .build([](sage::environment& env, const sage::options& given) {
        env.from_source(sage::range<std::uint64_t>(0, given.get<std::uint64_t>("events")))
            .name("numbers")
            .parallelism(1)
            .map([seed = given.get<std::uint64_t>("seed")](std::uint64_t number) {
              return nexmark::event_of(number, seed);
            })
            .name("events")
            .parallelism(1)
            .sink(sage::file::json_lines_sink<nexmark::event>(given.get<std::string>("output")))
            .name("output");
      });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
