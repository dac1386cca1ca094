// Spans as lines of OTLP JSON, bounded and without losing count.
#include "sage/observability/spans.hpp"

#include <nlohmann/json.hpp>

#include "sage/base/error.hpp"
#include "sage/testing/manual_clock.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using nlohmann::json;

span sample() {
  span its;
  its.trace_high = 0x4bf92f3577b34da6;
  its.trace_low = 0xa3ce929d0e0e4736;
  its.id = 0xf067aa0ba902b7;
  its.name = "chat \"main\"\n";
  its.kind = span_kind::client;
  its.begun_ms = 1'700'000'000'123;
  its.took = 1'500'000;
  its.attributes = {{"gen_ai.request.model", std::string("tiny")}, {"gen_ai.usage.input_tokens", std::int64_t{12}}};
  return its;
}

TEST_CASE("a span is a request of the OpenTelemetry protocol in JSON", "[observability][spans]") {
  const json line = json::parse(to_otlp_json(sample(), "shop"));
  const json& resource = line["resourceSpans"][0];
  CHECK(resource["resource"]["attributes"][0]["value"]["stringValue"] == "shop");
  const json& its = resource["scopeSpans"][0]["spans"][0];
  CHECK(its["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(its["spanId"] == "00f067aa0ba902b7");
  CHECK_FALSE(its.contains("parentSpanId"));
  CHECK(its["kind"] == 3);
  CHECK(its["startTimeUnixNano"] == "1700000000123000000");
  CHECK(its["endTimeUnixNano"] == "1700000000124500000");
  CHECK(its["attributes"][1]["value"]["intValue"] == "12");
  span failed = sample();
  failed.parent = 7;
  failed.problem = "no luck";
  const json second = json::parse(to_otlp_json(failed, "shop"))["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  CHECK(second["parentSpanId"] == "0000000000000007");
  CHECK(second["status"]["code"] == 2);
}

TEST_CASE("a span file is bounded, and what it can't keep is counted", "[observability][spans]") {
  testing::memory_files files;
  testing::manual_clock time;
  const std::size_t line = to_otlp_json(sample(), "sage").size() + 1;
  {
    const auto recorder =
        make_span_file("spans.jsonl", time, files, {.gathered_bytes_max = 2 * line, .file_bytes_max = 5 * line});
    for (int i = 0; i < 7; ++i) recorder->record(sample());
    CHECK(recorder->lost() == 2);
    CHECK(recorder->next_id() != recorder->next_id());
  }
  CHECK(files.content("spans.jsonl").size() == 5 * line);
  CHECK_THROWS_AS(make_span_file("spans.jsonl", time, files), error);
}

}  // namespace
