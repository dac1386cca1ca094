// Event streams: the standard's own examples, every way to cut them, and bounds.
#include "sage/llm/http/sse_parser.hpp"

#include <random>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

void take_all(sse_parser& parser, std::vector<sse_event>& into) {
  sse_event event;
  for (;;) {
    const auto more = parser.next(event);
    REQUIRE(more.has_value());
    if (!*more) return;
    into.push_back(event);
  }
}

std::vector<sse_event> events_of(const std::vector<std::string_view>& pieces) {
  sse_parser parser;
  std::vector<sse_event> events;
  for (const std::string_view piece : pieces) {
    parser.push(piece);
    take_all(parser, events);
  }
  return events;
}

std::vector<std::string> texts_of(std::string_view stream) {
  std::vector<std::string> texts;
  for (const sse_event& each : events_of({stream})) texts.push_back(each.data);
  return texts;
}

constexpr std::string_view everything =
    "\xef\xbb\xbf: a comment\r\nevent: add\r\ndata: 1\r\ndata:2\r\nid: 7\r\n\r\n"
    "data\n\ndata: \xe2\x82\xac \xf0\x9f\x98\x80\n:x\nretry: 250\nunknown: y\n\r"
    "data:  two spaces\r\rdata: {\"a\": \"b\\n\"}\n\nevent: none\n\ndata: cut";

}  // namespace

TEST_CASE("lines, fields and events are told as the standard tells them", "[llm][sse]") {
  using list = std::vector<std::string>;
  CHECK(texts_of("data: YHOO\ndata: +2\ndata: 10\n\n") == list{"YHOO\n+2\n10"});
  CHECK(texts_of(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n") ==
        list{"first event", "second event", " third event"});
  CHECK(texts_of("data\n\ndata\ndata\n\ndata:") == list{"", "\n"});
  CHECK(texts_of("data:test\n\ndata: test\n\n") == list{"test", "test"});
  CHECK(texts_of("\xef\xbb\xbf"
                 "data: a\n\n") == list{"a"});
  CHECK(texts_of("\n\n\n: only comments\n\n").empty());
  CHECK(texts_of("").empty());
  CHECK(texts_of("data: a\r\rdata: b\r\n\r\ndata: c\n\n") == list{"a", "b", "c"});
}

TEST_CASE("type, id and retry come with their event and only with it", "[llm][sse]") {
  sse_parser parser;
  parser.push(everything);
  std::vector<sse_event> events;
  take_all(parser, events);
  REQUIRE(events.size() == 5);
  CHECK(events[0] == sse_event{"add", "1\n2", "7"});
  CHECK(events[1] == sse_event{"message", "", ""});
  CHECK(events[2] == sse_event{"message", "\xe2\x82\xac \xf0\x9f\x98\x80", ""});
  CHECK(events[3] == sse_event{"message", " two spaces", ""});
  CHECK(events[4] == sse_event{"message", "{\"a\": \"b\\n\"}", ""});
  CHECK(parser.retry_ms() == 250);
  CHECK(parser.is_inside());
}

TEST_CASE("no cut in two or three pieces changes the events", "[llm][sse]") {
  const auto whole = events_of({everything});
  for (std::size_t a = 0; a <= everything.size(); ++a) {
    CHECK(events_of({everything.substr(0, a), everything.substr(a)}) == whole);
    for (std::size_t b = a; b <= everything.size(); b += 3) {
      const auto cut = events_of({everything.substr(0, a), everything.substr(a, b - a), everything.substr(b)});
      if (cut != whole) FAIL("cut at " << a << " and " << b);
    }
  }
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < everything.size(); ++i) single.push_back(everything.substr(i, 1));
  CHECK(events_of(single) == whole);
}

TEST_CASE("an event or a line beyond the limit fails for good and holds nothing", "[llm][sse][limit]") {
  for (const bool lines : {false, true}) {
    sse_parser parser(1000);
    sse_event event;
    bool failed = false;
    for (int i = 0; i < 2000 && !failed; ++i) {
      parser.push(lines ? "data: x\n" : "x");
      const auto more = parser.next(event);
      failed = !more;
      if (failed) CHECK(more.error().code() == errc::limit);
    }
    CHECK(failed);
    parser.push("\n\ndata: y\n\n");
    CHECK_FALSE(parser.next(event).has_value());
    CHECK(parser.bytes_held() == 0);
  }
}

TEST_CASE("a line of 10 MB that comes byte by byte costs time in proportion", "[llm][sse]") {
  sse_parser parser(16 << 20);
  sse_event event;
  parser.push("data: ");
  for (int i = 0; i < 10'000'000; ++i) {
    parser.push("x");
    if (i % 64 == 0) REQUIRE_FALSE(*parser.next(event));
  }
  parser.push("\n\n");
  REQUIRE(*parser.next(event));
  CHECK(event.data.size() == 10'000'000);
}

TEST_CASE("random bytes in random cuts make the same events as in one piece", "[llm][sse]") {
  sage::test::for_each_seed(300, [](std::mt19937_64& random) {
    constexpr std::string_view parts[] = {"data", ":",     " ", "\n",   "\r",          "\r\n",
                                          "id",   "event", "x", "\xff", "\xef\xbb\xbf"};
    std::string stream;
    for (int i = 0; i < 60; ++i) stream += parts[random() % std::size(parts)];
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random() % 7;
      pieces.push_back(std::string_view(stream).substr(at, size));
      at += size;
    }
    CHECK(events_of(pieces) == events_of({stream}));
  });
}
