// Answers in pieces: clients that go, read slowly or not at all, and answers that nobody finishes.
#include <atomic>

#include "tests/system/raw_client.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

// Keeps what it is to answer; one request at a time.
class kept_answer {
 public:
  function_acceptor::function taker() {
    return [this](serving::server_request, std::shared_ptr<serving::response_stream> to) {
      const std::lock_guard lock(mutex_);
      stream_ = std::move(to);
    };
  }
  std::shared_ptr<serving::response_stream> wait() {
    REQUIRE(comes_true([this] {
      const std::lock_guard lock(mutex_);
      return stream_ != nullptr;
    }));
    const std::lock_guard lock(mutex_);
    return std::exchange(stream_, nullptr);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<serving::response_stream> stream_;
};

// When a client has gone, in nanoseconds on the real clock.
class departure {
 public:
  explicit departure(serving::response_stream& of) {
    of.set_on_gone([this] {
      at_ = system_clock().now();
      ++calls_;
    });
  }
  [[nodiscard]] bool seen() const { return at_ != 0; }
  [[nodiscard]] nanoseconds at() const { return at_; }
  [[nodiscard]] int calls() const { return calls_; }

 private:
  std::atomic<nanoseconds> at_{0};
  std::atomic<int> calls_{0};
};

}  // namespace

TEST_CASE("a client that goes is noticed within 50 ms, also while nothing is sent", "[system][serving]") {
  kept_answer kept;
  test_server server({}, kept.taker());
  for (const bool began : {false, true}) {
    for (const int how : {0, 1, 2}) {
      CAPTURE(began, how);
      raw_client client(server.port());
      client.get("/");
      const auto stream = kept.wait();
      departure gone(*stream);
      if (began) {
        stream->begin(200, {});
        stream->write("x");
        REQUIRE(client.read_to("x\r\n"));
      }
      const nanoseconds went = system_clock().now();
      if (how == 0) client.close();
      if (how == 1) client.reset();
      if (how == 2) client.shutdown_sending();
      REQUIRE(comes_true([&] { return gone.seen(); }));
      CHECK(gone.at() - went < 50'000'000);
      CHECK(stream->is_gone());
      CHECK_FALSE(stream->write("y"));
      CHECK_FALSE(stream->send(200, {}, ""));
      CHECK_FALSE(stream->end());
      CHECK(stream->pending_bytes() == 0);
      CHECK(gone.calls() == 1);
      // Who asks later hears it at once.
      departure late(*stream);
      CHECK(late.seen());
    }
  }
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
}

TEST_CASE("nobody is told of a client that goes after its answer", "[system][serving]") {
  kept_answer kept;
  test_server server({}, kept.taker());
  raw_client client(server.port());
  client.get("/");
  const auto stream = kept.wait();
  departure gone(*stream);
  stream->send(200, {}, "done");
  REQUIRE(client.read_response());
  client.close();
  REQUIRE(comes_true([&] { return server->counters().connections_open == 0; }));
  CHECK_FALSE(gone.seen());
}

TEST_CASE("a client that has closed its sending half still gets an answer that is there", "[system][serving]") {
  test_server server;
  raw_client client(server.port());
  client.get("/x");
  client.shutdown_sending();
  REQUIRE(client.read_to_end());
  CHECK(client.seen.ends_with("GET /x "));
}

TEST_CASE("a client that reads too slowly is cut off when its bytes pile up", "[system][serving]") {
  kept_answer kept;
  serving::server_options options;
  options.limits.response_bytes_pending_max = 100'000;
  test_server server(options, kept.taker());
  raw_client client(server.port(), 4096);
  client.get("/");
  const auto stream = kept.wait();
  departure gone(*stream);
  stream->begin(200, {});
  const std::string piece(10'000, 'x');
  std::size_t written = 0;
  REQUIRE(comes_true([&] {
    const bool taken = stream->write(piece);
    if (taken) written += piece.size();
    CHECK(stream->pending_bytes() < 100'000 + piece.size() + 100);
    return !taken;
  }));
  CHECK(written > 100'000);
  REQUIRE(comes_true([&] { return gone.seen(); }));
  CHECK(stream->pending_bytes() == 0);
  // It learns that the answer isn't complete.
  static_cast<void>(client.read_to_end());
  CHECK_FALSE(client.seen.ends_with("0\r\n\r\n"));
}

TEST_CASE("a client that takes nothing is cut off after a while, one that takes a little isn't",
          "[system][serving]") {
  kept_answer kept;
  serving::server_options options;
  options.limits.write_stall_ms_max = 300;
  options.limits.response_bytes_pending_max = 64 << 20;
  test_server server(options, kept.taker());
  const std::string body(16 << 20, 'x');
  {
    raw_client client(server.port(), 4096);
    client.get("/");
    const auto stream = kept.wait();
    stream->send(200, {}, body);
    CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
    CHECK(stream->pending_bytes() == 0);
  }
  raw_client client(server.port());
  client.get("/");
  kept.wait()->send(200, {}, body);
  REQUIRE(client.read_response());
  CHECK(client.seen.size() > body.size());
}

TEST_CASE("an answer that is let go of is finished for its holder", "[system][serving]") {
  kept_answer kept;
  test_server server({}, kept.taker());
  raw_client client(server.port());
  client.get("/");
  kept.wait().reset();
  REQUIRE(client.read_response());
  CHECK(status_of(client.seen) == 500);
  CHECK(client.seen.find("\"type\":\"server_error\"") != std::string::npos);
  // One that has begun is cut: half an answer must not look whole.
  client.get("/");
  auto stream = kept.wait();
  stream->begin(200, {});
  stream->write("half");
  REQUIRE(client.read_to("half\r\n"));
  stream.reset();
  static_cast<void>(client.read_to_end());
  CHECK(client.seen.empty());
}

TEST_CASE("a request that its taker throws at is answered with 500", "[system][serving]") {
  std::atomic<int> troubles{0};
  serving::server_options options;
  options.on_trouble = [&](const std::string& what) { troubles += what.find("no idea") != std::string::npos; };
  test_server server(options, [](serving::server_request, std::shared_ptr<serving::response_stream>) {
    throw std::runtime_error("no idea");
  });
  raw_client client(server.port());
  client.get("/");
  REQUIRE(client.read_response());
  CHECK(status_of(client.seen) == 500);
  CHECK(client.seen.find("no idea") == std::string::npos);
  CHECK(troubles == 1);
}

TEST_CASE("an answer outlives its server", "[system][serving]") {
  kept_answer kept;
  std::shared_ptr<serving::response_stream> stream;
  std::atomic<bool> gone{false};
  {
    test_server server({}, kept.taker());
    raw_client client(server.port());
    client.get("/");
    stream = kept.wait();
    stream->set_on_gone([&] { gone = true; });
    stream->begin(200, {});
  }
  CHECK(gone);
  CHECK_FALSE(stream->write("x"));
  CHECK_FALSE(stream->end());
}

TEST_CASE("a header can't become two", "[system][serving]") {
  test_server server({}, [](serving::server_request, std::shared_ptr<serving::response_stream> to) {
    to->send(200, {{"X-Name", "a\r\nSet-Cookie: b"}, {"Content-Length", "7"}, {"connection", "close"}}, "body");
  });
  raw_client client(server.port());
  client.get("/");
  REQUIRE(client.read_response());
  CHECK(client.seen == "HTTP/1.1 200 OK\r\nX-Name: a  Set-Cookie: b\r\nContent-Length: 4\r\n\r\nbody");
}
