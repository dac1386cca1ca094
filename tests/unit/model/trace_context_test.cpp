#include "sage/model/trace_context.hpp"

#include "tests/catch.hpp"

using sage::parse_traceparent;

TEST_CASE("a traceparent is read and written as it came", "[model][trace_context]") {
  const std::string text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto read = parse_traceparent(text);
  REQUIRE(read.has_value());
  CHECK(read->is_set());
  CHECK(read->trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(read->parent_span == 0x00f067aa0ba902b7u);
  CHECK(read->flags == 1);
  CHECK(read->to_traceparent() == text);
  CHECK_FALSE(sage::trace_context().is_set());
}

TEST_CASE("what a later version adds is ignored, in version 0 it is an error", "[model][trace_context]") {
  const std::string rest = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  CHECK(parse_traceparent("cc" + rest + "-what").has_value());
  CHECK_FALSE(parse_traceparent("cc" + rest + "what").has_value());
  CHECK_FALSE(parse_traceparent("00" + rest + "-what").has_value());
  CHECK_FALSE(parse_traceparent("ff" + rest).has_value());
}

TEST_CASE("a header that is no traceparent is none", "[model][trace_context]") {
  for (const char* text : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"}) {
    INFO(text);
    CHECK_FALSE(parse_traceparent(text).has_value());
  }
}
