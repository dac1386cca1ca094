// Many clients at once, answered by several threads, some of them gone in the middle.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include "tests/system/raw_client.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

/// Answers each request in pieces, on threads of its own.
class answering_crew {
 public:
  static constexpr int pieces = 20;

  explicit answering_crew(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~answering_crew() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& one : threads_) one.join();
  }
  answering_crew(const answering_crew&) = delete;
  answering_crew& operator=(const answering_crew&) = delete;

  function_acceptor::function taker() {
    return [this](serving::server_request, std::shared_ptr<serving::response_stream> to) {
      to->set_on_gone([this] { ++gone; });
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(to));
      changed_.notify_one();
    };
  }

  std::atomic<int> complete{0};
  std::atomic<int> unfinished{0};
  std::atomic<int> gone{0};

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto stream = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      bool goes_on = stream->begin(200, {});
      for (int i = 0; i < pieces && goes_on; ++i) goes_on = stream->write("piece " + std::to_string(i) + "\n");
      ++(goes_on && stream->end() ? complete : unfinished);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<serving::response_stream>> waiting_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("answers from many threads reach the clients that stay, whole", "[system][serving]") {
  constexpr int clients = 8;
  constexpr int rounds = 40;
  answering_crew crew(3);
  serving::server_options options;
  options.limits.io_threads = 2;
  test_server server(options, crew.taker());
  std::atomic<int> whole{0};
  std::atomic<int> asked{0};
  std::vector<std::thread> crowd;
  for (int number = 0; number < clients; ++number) {
    crowd.emplace_back([&, number] {
      auto client = std::make_unique<raw_client>(server.port());
      for (int round = 0; round < rounds; ++round) {
        client->get("/");
        ++asked;
        if ((number + round) % 5 == 0) {
          if (round % 2 == 0) client->reset();
          client = std::make_unique<raw_client>(server.port());
          continue;
        }
        if (client->read_to("0\r\n\r\n") && client->seen.find("piece 19\n") != std::string::npos) ++whole;
      }
    });
  }
  for (std::thread& one : crowd) one.join();
  // Every fifth went away.
  CHECK(whole == clients * rounds * 4 / 5);
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
  CHECK(comes_true(
      [&] { return static_cast<std::uint64_t>(crew.complete + crew.unfinished) == server->counters().requests; }));
  CHECK(crew.gone <= asked - whole);
  server->stop();
}
