// The state machine of a connection: events in, requests, bytes and wishes out, in virtual time.
#include <random>

#include "sage/serving/connection.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::serving;

namespace {

constexpr nanoseconds ms = 1'000'000;
const std::string get = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string post = "POST /b?c=d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";

// A connection with its surroundings; whatever it wants to write is taken at once unless it is corked.
class bench {
 public:
  explicit bench(server_limits given = {}) : limits(given) {}

  void bytes(std::string_view text) {
    connection_.on_bytes(text, now);
    look();
  }
  void tick(nanoseconds later) {
    now += later;
    connection_.on_tick(now);
    look();
  }
  void look() {
    while (auto arrived = connection_.take_request(++ids, now)) {
      arrived->answer->set_wake([this] { ++wakes; });
      requests.push_back(std::move(*arrived));
    }
    take_output();
  }
  // What the shell does when it was woken.
  void serve() {
    connection_.on_output(now);
    look();
  }
  void take_output() {
    while (!corked && !connection_.output().empty()) {
      const std::string piece(connection_.output().substr(0, piece_bytes_max));
      seen += piece;
      connection_.on_written(piece.size(), now);
      while (auto arrived = connection_.take_request(++ids, now)) requests.push_back(std::move(*arrived));
    }
  }
  std::string take_seen() { return std::exchange(seen, {}); }
  connection& of() { return connection_; }

  server_limits limits;
  allowed_hosts hosts;
  connection_limits shared{limits};
  nanoseconds now = 1'000 * ms;
  std::uint64_t ids = 0;
  std::vector<connection::arrival> requests;
  std::string seen;
  int wakes = 0;
  bool corked = false;
  std::size_t piece_bytes_max = 1'000'000;

 private:
  connection connection_{{limits, hosts, shared}, now};
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a connection hands out a request, takes its answer and waits for the next", "[serving][connection]") {
  bench b;
  b.bytes(post);
  REQUIRE(b.requests.size() == 1);
  CHECK(b.requests[0].request.method == "POST");
  CHECK(b.requests[0].request.path == "/b");
  CHECK(b.requests[0].request.query == "c=d");
  CHECK(b.requests[0].request.body == "body");
  CHECK(b.requests[0].request.header("HOST") == "localhost");
  CHECK(b.requests[0].request.received == b.now);
  CHECK(b.requests[0].answer->send(200, {}, "x"));
  CHECK(b.wakes == 1);
  b.serve();
  CHECK(b.seen == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  b.bytes(get);
  REQUIRE(b.requests.size() == 2);
  CHECK_FALSE(b.of().is_closed());
}

TEST_CASE("a second request waits until the first was answered", "[serving][connection]") {
  bench b;
  b.bytes(get + post);
  REQUIRE(b.requests.size() == 1);
  b.requests[0].answer->send(204, {}, "");
  b.serve();
  CHECK(b.seen == "HTTP/1.1 204 No Content\r\n\r\n");
  REQUIRE(b.requests.size() == 2);
  CHECK(b.requests[1].request.body == "body");
}

TEST_CASE("nothing is read far beyond a request that is being answered", "[serving][connection]") {
  server_limits limits;
  limits.read_ahead_bytes_max = 100;
  bench b(limits);
  b.bytes(get);
  CHECK(b.of().wants_input());
  b.bytes(std::string(100, 'x'));
  CHECK_FALSE(b.of().wants_input());
  b.requests[0].answer->send(200, {}, "");
  b.serve();
  CHECK(b.of().wants_input());
}

TEST_CASE("each phase ends in time", "[serving][connection]") {
  server_limits limits;
  limits.header_ms_max = 100;
  limits.body_ms_max = 200;
  limits.idle_ms_max = 300;
  limits.linger_ms_max = 50;
  SECTION("who says nothing is let go of without a word") {
    bench b(limits);
    b.tick(99 * ms);
    CHECK_FALSE(b.of().is_closed());
    b.tick(1 * ms);
    CHECK(b.of().is_closed());
    CHECK(b.seen.empty());
  }
  SECTION("a head that doesn't end") {
    bench b(limits);
    b.tick(90 * ms);
    b.bytes("GET ");
    b.tick(99 * ms);
    CHECK(b.seen.empty());
    b.bytes("/");
    b.tick(1 * ms);
    CHECK(b.seen.starts_with("HTTP/1.1 408 "));
    CHECK(b.of().wants_half_close());
    b.bytes("more, in vain");
    b.tick(50 * ms);
    CHECK(b.of().is_closed());
  }
  SECTION("a body that doesn't end") {
    bench b(limits);
    b.tick(99 * ms);
    b.bytes(post.substr(0, post.size() - 1));
    b.tick(199 * ms);
    CHECK(b.seen.empty());
    b.tick(1 * ms);
    CHECK(b.seen.starts_with("HTTP/1.1 408 "));
    CHECK(b.shared.take_body_bytes(limits.bodies_bytes_max));  // its bytes were given back
  }
  SECTION("a connection between two requests") {
    bench b(limits);
    b.bytes(get);
    b.requests[0].answer->send(200, {}, "");
    b.serve();
    b.take_seen();
    b.tick(299 * ms);
    CHECK_FALSE(b.of().is_closed());
    b.tick(1 * ms);
    CHECK(b.of().is_closed());
    CHECK(b.seen.empty());
  }
  SECTION("an answer has all the time it needs") {
    bench b(limits);
    b.bytes(get);
    b.tick(3'600'000 * ms);
    CHECK_FALSE(b.of().is_closed());
    b.requests[0].answer->send(200, {}, "late");
    b.serve();
    CHECK(b.seen.ends_with("late"));
  }
}

TEST_CASE("a client that takes nothing of what is there for it is cut off", "[serving][connection]") {
  server_limits limits;
  limits.write_stall_ms_max = 100;
  bench b(limits);
  b.bytes(get);
  int gone = 0;
  b.requests[0].answer->set_on_gone([&] { ++gone; });
  b.requests[0].answer->begin(200, {});
  b.corked = true;
  b.serve();
  b.tick(99 * ms);
  b.of().on_written(1, b.now);
  b.tick(99 * ms);
  CHECK_FALSE(b.of().is_closed());
  b.tick(1 * ms);
  CHECK(b.of().is_closed());
  CHECK(gone == 1);
  CHECK(b.of().output().empty());
}

TEST_CASE("what waits for a slow client is bounded, and it is cut off there at once", "[serving][connection]") {
  server_limits limits;
  limits.response_bytes_pending_max = 1000;
  bench b(limits);
  b.bytes(get);
  auto& answer = *b.requests[0].answer;
  int gone = 0;
  answer.set_on_gone([&] { ++gone; });
  answer.begin(200, {});
  b.corked = true;
  b.serve();
  // The last piece passes whatever its size: the bound is looked at before.
  CHECK(answer.write(std::string(5000, 'x')));
  CHECK(answer.pending_bytes() > 5000);
  b.serve();
  const int before = b.wakes;
  CHECK_FALSE(answer.write("y"));
  CHECK(b.wakes == before + 1);
  b.serve();
  CHECK(b.of().is_closed());
  CHECK(gone == 1);
  CHECK(answer.pending_bytes() == 0);
}

TEST_CASE("a client that closes has gone, unless its answer is complete", "[serving][connection]") {
  SECTION("while it waits") {
    bench b;
    b.bytes(get);
    int gone = 0;
    b.requests[0].answer->set_on_gone([&] { ++gone; });
    b.of().on_input_end(b.now);
    CHECK(b.of().is_closed());
    CHECK(gone == 1);
    CHECK_FALSE(b.requests[0].answer->send(200, {}, ""));
    b.requests[0].answer->set_on_gone([&] { ++gone; });
    CHECK(gone == 2);
  }
  SECTION("when the answer is there but not yet taken") {
    bench b;
    b.bytes(get);
    int gone = 0;
    b.requests[0].answer->set_on_gone([&] { ++gone; });
    b.requests[0].answer->send(200, {}, "x");
    b.of().on_input_end(b.now);
    CHECK_FALSE(b.of().wants_input());
    b.look();
    CHECK(b.seen.ends_with("x"));
    CHECK(b.of().is_closed());
    CHECK(gone == 0);
  }
}

TEST_CASE("a drain finishes what has begun and nothing else", "[serving][connection]") {
  SECTION("one that waits is let go of") {
    bench b;
    b.of().on_drain();
    CHECK(b.of().is_closed());
  }
  SECTION("one that is being answered says that it is the last") {
    bench b;
    b.bytes(get + get);
    b.of().on_drain();
    b.requests[0].answer->send(200, {}, "x");
    b.serve();
    CHECK(contains(b.seen, "Connection: close\r\n"));
    CHECK(b.requests.size() == 1);
    CHECK(b.of().wants_half_close());
    b.of().on_input_end(b.now);
    CHECK(b.of().is_closed());
  }
  SECTION("one that is coming in is still answered") {
    bench b;
    b.bytes(post.substr(0, 20));
    b.of().on_drain();
    b.bytes(post.substr(20));
    REQUIRE(b.requests.size() == 1);
    b.requests[0].answer->send(200, {}, "x");
    b.serve();
    CHECK(contains(b.seen, "Connection: close\r\n"));
  }
}

TEST_CASE("an answer is one answer, whoever is first", "[serving][exchange]") {
  bench b;
  b.bytes(get);
  auto answer = make_response_stream(b.requests[0].answer);
  CHECK_FALSE(answer->write("before it began"));
  CHECK_FALSE(answer->end());
  http_problem problem;
  problem.status = 429;
  problem.message = "too \"many\"";
  problem.retry_after_s = 7;
  CHECK(answer->fail(problem));
  CHECK_FALSE(answer->send(200, {}, ""));
  CHECK_FALSE(answer->begin(200, {}));
  CHECK_FALSE(answer->fail(problem));
  answer.reset();
  b.serve();
  CHECK(contains(b.seen, "HTTP/1.1 429 Too Many Requests\r\n"));
  CHECK(contains(b.seen, "Retry-After: 7\r\n"));
  CHECK(
      b.seen.ends_with(R"({"error":{"message":"too \"many\"","type":"rate_limit_error","param":null,"code":null}})"));
}

// However the bytes of some requests are cut, and however those of the answers are taken, the same comes out.
TEST_CASE("a conversation doesn't depend on how its bytes are cut", "[serving][connection][property]") {
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n"
      "0\r\nTrailer: x\r\n\r\n";
  const std::string input = get + chunked + "\r\n" + post + get + chunked + chunked + "GET / HTTP/3\r\n\r\n";
  const auto run = [&](const std::function<std::size_t()>& next_size) {
    bench b;
    b.piece_bytes_max = next_size();
    std::size_t answered = 0;
    std::string log;
    const auto answer_all = [&] {
      for (; answered < b.requests.size(); ++answered) {
        const server_request& request = b.requests[answered].request;
        log += request.method + request.path + request.body + ";";
        auto& answer = *b.requests[answered].answer;
        if (answered % 2 == 0) {
          answer.send(200, {}, request.body);
        } else {
          answer.begin(200, {});
          answer.write(request.body + "!");
          answer.end();
        }
        b.serve();
      }
    };
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t size = std::min(next_size(), input.size() - at);
      b.bytes(std::string_view(input).substr(at, size));
      at += size;
      answer_all();
    }
    return log + b.seen;
  };
  const std::string expected = run([] { return std::size_t{1'000'000}; });
  CHECK(contains(expected, "GET/a;POST/cabc0123456789abcdef;POST/bbody;GET/a;"));
  CHECK(contains(expected, "HTTP/1.1 505 "));
  CHECK(run([] { return std::size_t{1}; }) == expected);
  test::for_each_seed(200,
                      [&](std::mt19937_64& random) { CHECK(run([&] { return 1 + random() % 60; }) == expected); });
}

// Whatever comes, a connection ends in a refusal or goes on; it never grows without bound.
TEST_CASE("broken bytes never break a connection", "[serving][connection][property]") {
  test::for_each_seed(2000, [&](std::mt19937_64& random) {
    server_limits limits;
    limits.header_bytes_max = 256;
    limits.body_bytes_max = 64;
    bench b(limits);
    std::string input =
        get + post + "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    const std::size_t changes = 1 + random() % 6;
    for (std::size_t i = 0; i < changes; ++i) {
      const std::size_t at = random() % input.size();
      switch (random() % 3) {
        case 0: input[at] = static_cast<char>(random()); break;
        case 1: input.erase(at, 1 + random() % 3); break;
        default: input.insert(at, input.substr(random() % input.size(), 1 + random() % 20)); break;
      }
    }
    b.bytes(input);
    for (std::size_t i = 0; i < b.requests.size(); ++i) {
      CHECK(b.requests[i].request.body.size() <= 64);
      b.requests[i].answer->send(200, {}, "");
      b.serve();
    }
    b.tick(3'600'000 * ms);
    b.tick(3'600'000 * ms);
    CHECK(b.of().is_closed());
    CHECK(b.shared.take_body_bytes(limits.bodies_bytes_max));
  });
}
