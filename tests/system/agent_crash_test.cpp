// The agent service, killed again and again while customers talk to it: every request is answered, nothing is done
// twice, and the shop's books are those of a service that nobody disturbed. SAGE_CRASH_KILLS says how
// often (10), SAGE_CRASH_SECONDS how long at most (60).
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "tests/system/agent_service_process.hpp"

using namespace sage::testing;

namespace {

constexpr int conversations = 12;
constexpr int turns = 8;

/// SQLite's answer, row by row, or what a statement without rows does.
std::string sql(const std::string& file, const std::string& statement) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  std::string rows;
  char* problem = nullptr;
  const auto add = [](void* to, int count, char** values, char**) {
    for (int i = 0; i < count; ++i) *static_cast<std::string*>(to) += std::string(values[i] ? values[i] : "") + "|";
    *static_cast<std::string*>(to) += "\n";
    return 0;
  };
  sqlite3_exec(db, statement.c_str(), add, &rows, &problem);
  const std::string said = problem ? problem : "";
  sqlite3_free(problem);
  sqlite3_close(db);
  INFO(statement);
  REQUIRE(said.empty());
  return rows;
}

/// A service that may be killed and started again on the same folder.
class mortal_service {
 public:
  explicit mortal_service(std::string folder) : folder_(std::move(folder)) {}
  void start() {
    process_ = std::make_unique<process>(
        "agent_service", texts{"run", "--listen", "127.0.0.1:0", "--data", folder_, "--log-level", "error"});
    const std::string begin = "service http://127.0.0.1:";
    REQUIRE(process_->wait_for(begin));
    const std::string& seen = process_->seen_out();
    port_ = std::stoi(seen.substr(seen.find(begin) + begin.size()));
  }
  void kill() {
    port_ = 0;
    process_->send(SIGKILL);
    process_->wait();
  }
  int stop() {
    process_->send(SIGTERM);
    return process_->wait().exit_code;
  }
  [[nodiscard]] std::string database() const { return folder_ + "/shop.db"; }
  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  std::string folder_;
  std::unique_ptr<process> process_;
  std::atomic<int> port_{0};
};

// Orders to cancel and to give back, and a note of every change that is really made.
void stock(const mortal_service& shop) {
  std::string statements =
      "CREATE TABLE acts (what TEXT); "
      "CREATE TRIGGER cancelled AFTER UPDATE OF status ON orders BEGIN INSERT INTO acts VALUES ('cancel ' || "
      "NEW.number); END; "
      "CREATE TRIGGER refunded AFTER INSERT ON refunds BEGIN INSERT INTO acts VALUES ('refund ' || NEW.number); END; "
      "UPDATE products SET in_stock = 1000; ";
  for (int i = 0; i < conversations * turns; ++i) {
    const std::string number = std::to_string(20000 + i);
    const std::string status = i % 2 == 0 ? "packing" : "delivered";
    statements += "INSERT INTO orders (number, customer, status, ordered_on) VALUES (" + number + ", 1, '" + status +
                  "', '2026-11-20'); INSERT INTO order_lines VALUES (" + number + ", 1, 2, 4900); ";
  }
  sql(shop.database(), "DELETE FROM refunds; " + statements);
}

std::optional<std::string> ask(int port, int number, int conversation) {
  if (port == 0) return std::nullopt;
  const std::string text = number % 2 == 0
                               ? "Please cancel order " + std::to_string(20000 + number) + "."
                               : "The desk lamp of order " + std::to_string(20000 + number) + " arrived broken.";
  const std::string body = service::asking(text).dump();
  try {
    raw_client client(static_cast<std::uint16_t>(port));
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
        "application/json\r\nX-Conversation-Id: c" +
        std::to_string(conversation) + "\r\nIdempotency-Key: request-" + std::to_string(number) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    if (!client.read_to_end() || !client.seen.starts_with("HTTP/1.1 200")) return std::nullopt;
    const auto answer = nlohmann::json::parse(client.seen.substr(client.seen.find("\r\n\r\n") + 4), nullptr, false);
    if (answer.is_discarded()) return std::nullopt;
    return answer["choices"][0]["message"]["content"].get<std::string>();
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

/// Every customer says what he has to say, again until he is answered.
std::map<int, std::string> talk(const mortal_service& shop, std::atomic<int>& left) {
  std::map<int, std::string> answers;
  std::mutex mutex;
  std::vector<std::thread> customers;
  for (int c = 0; c < conversations; ++c) {
    customers.emplace_back([&, c] {
      for (int t = 0; t < turns; ++t) {
        const int number = c * turns + t;
        std::optional<std::string> answer;
        while (!(answer = ask(shop.port(), number, c))) std::this_thread::sleep_for(std::chrono::milliseconds(3));
        const std::lock_guard lock(mutex);
        answers[number] = *answer;
        --left;
      }
    });
  }
  for (std::thread& one : customers) one.join();
  return answers;
}

struct books {
  std::string orders, refunds, stock, acts;
  friend bool operator==(const books&, const books&) = default;
};
books books_of(const mortal_service& shop) {
  return {sql(shop.database(), "SELECT number, status FROM orders ORDER BY number"),
          sql(shop.database(), "SELECT number, amount_cents, reason FROM refunds ORDER BY number"),
          sql(shop.database(), "SELECT id, in_stock FROM products ORDER BY id"),
          sql(shop.database(), "SELECT what, count(*) FROM acts GROUP BY what ORDER BY what")};
}

}  // namespace

TEST_CASE("the agent service answers everybody once, however often it is killed", "[crash]") {
  const char* const wanted = std::getenv("SAGE_CRASH_KILLS");
  const int kills_max = wanted ? std::atoi(wanted) : 10;
  const char* const limit = std::getenv("SAGE_CRASH_SECONDS");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(limit ? std::atoi(limit) : 60);
  const scratch_folder folder;
  books expected;
  {
    mortal_service shop(folder.path("undisturbed"));
    shop.start();
    stock(shop);
    std::atomic<int> left{conversations * turns};
    talk(shop, left);
    CHECK(shop.stop() == 0);
    expected = books_of(shop);
  }
  CHECK(expected.acts.find("|1|") != std::string::npos);
  CHECK(expected.acts.find("|2|") == std::string::npos);
  int kills = 0;
  int runs = 0;
  std::mt19937 random(static_cast<unsigned>(std::random_device()()));
  while (kills < kills_max && std::chrono::steady_clock::now() < end) {
    mortal_service shop(folder.path("killed-" + std::to_string(runs++)));
    shop.start();
    stock(shop);
    std::atomic<int> left{conversations * turns};
    std::map<int, std::string> answers;
    std::thread customers([&] { answers = talk(shop, left); });
    while (left > 0 && kills < kills_max) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
      if (left == 0) break;
      shop.kill();
      ++kills;
      shop.start();
    }
    customers.join();
    // Whoever asks again hears the same again, and nothing is done.
    std::atomic<int> again{conversations * turns};
    const std::map<int, std::string> repeated = talk(shop, again);
    CHECK(shop.stop() == 0);
    CHECK(repeated == answers);
    const books found = books_of(shop);
    CHECK(found.orders == expected.orders);
    CHECK(found.refunds == expected.refunds);
    CHECK(found.stock == expected.stock);
    CHECK(found.acts == expected.acts);
  }
  CHECK(kills > 0);
  std::printf("agent_service: %d runs, %d kills\n", runs, kills);  // for tools/crash
}
