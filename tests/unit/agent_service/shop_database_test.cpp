// The shop's database: what it answers, and what it never does.
#include <thread>

#include <sqlite3.h>

#include "agent_service/shop/database.hpp"
#include "agent_service/shop/shop_folder.hpp"
#include "agent_service/shop/shop_tools.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace agent_service::shop;
using Catch::Matchers::Contains;
using sage::errc;

namespace {

struct opened {
  sage::test::scratch_folder folder;
  std::string path = folder / "shop.db";
  std::shared_ptr<database> shop = std::make_shared<database>(path);

  // A number by SQL of our own, past the class.
  [[nodiscard]] std::int64_t number(const char* sql) const {
    sqlite3* at = nullptr;
    REQUIRE(sqlite3_open_v2(path.c_str(), &at, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
    sqlite3_stmt* found = nullptr;
    REQUIRE(sqlite3_prepare_v2(at, sql, -1, &found, nullptr) == SQLITE_OK);
    const bool has_row = sqlite3_step(found) == SQLITE_ROW;
    const std::int64_t value = has_row ? sqlite3_column_int64(found, 0) : -1;
    sqlite3_finalize(found);
    sqlite3_close(at);
    return value;
  }
};

}  // namespace

TEST_CASE("orders, customers and products are looked up", "[agent_service][shop]") {
  const opened it;
  const auto found = it.shop->find_order(1001);
  REQUIRE(found);
  CHECK(found->customer == "Ada Park");
  CHECK(found->status == "delivered");
  CHECK(found->total_cents == 7900);
  CHECK(found->lines == std::vector<order_line>{{"desk lamp", 1, 4900}, {"paper lantern", 2, 1500}});
  CHECK(it.shop->find_order(7777).error().code() == errc::not_found);

  const auto orders = it.shop->orders_of("ADA@example.com");
  REQUIRE(orders);
  REQUIRE(orders->orders.size() == 2);
  CHECK(orders->orders[0] == order_summary{1004, "packing", "2026-11-24", 11800});
  CHECK_FALSE(orders->more);
  CHECK(it.shop->orders_of("nobody@example.com").error().code() == errc::not_found);

  const auto lamps = it.shop->stock_of("LAMP");
  REQUIRE(lamps);
  CHECK(lamps->products == std::vector<product_stock>{{"desk lamp", 4900, 12}, {"floor lamp", 12900, 3}});
  CHECK(it.shop->stock_of("")->products.size() == 6);
  CHECK(it.shop->stock_of("submarine").error().code() == errc::not_found);
}

TEST_CASE("an order that has not left is cancelled once", "[agent_service][shop]") {
  const opened it;
  const auto done = it.shop->cancel_order(1004);
  REQUIRE(done);
  CHECK(*done == order_change{1004, "cancelled", 11800, false});
  CHECK(it.shop->find_order(1004)->status == "cancelled");
  CHECK(it.number("SELECT in_stock FROM products WHERE name = 'linen curtain'") == 10);
  CHECK(it.shop->cancel_order(1004)->was_done_before);
  CHECK(it.number("SELECT in_stock FROM products WHERE name = 'linen curtain'") == 10);
  CHECK_THAT(it.shop->cancel_order(1002).error().message(), Contains("is shipped"));
  CHECK(it.shop->cancel_order(7777).error().code() == errc::not_found);
}

TEST_CASE("a refund is requested once, for what has left", "[agent_service][shop]") {
  const opened it;
  CHECK(*it.shop->ask_for_refund(1003, "broken") == order_change{1003, "delivered", 24900, false});
  CHECK(it.shop->find_order(1003)->refund == "requested");
  CHECK(it.shop->ask_for_refund(1003, "again")->was_done_before);
  CHECK(it.number("SELECT count(*) FROM refunds WHERE reason = 'broken' AND amount_cents = 24900") == 1);
  CHECK_THAT(it.shop->ask_for_refund(1005, "x").error().message(), Contains("can be cancelled instead"));
  CHECK_THAT(it.shop->ask_for_refund(1006, "x").error().message(), Contains("money was returned"));
  CHECK(it.shop->ask_for_refund(1001, std::string(501, 'x')).error().code() == errc::limit);
  CHECK(it.number("SELECT count(*) FROM refunds") == 1);
}

TEST_CASE("what customers write never becomes SQL", "[agent_service][shop]") {
  const opened it;
  const std::string evil = "x'); DROP TABLE refunds; --";
  CHECK(it.shop->orders_of("' OR 1=1 --").error().code() == errc::not_found);
  CHECK(it.shop->stock_of("%").error().code() == errc::not_found);
  CHECK(it.shop->ask_for_refund(1003, evil));
  CHECK(it.number("SELECT count(*) FROM refunds WHERE reason LIKE 'x%DROP TABLE%'") == 1);
  CHECK(it.shop->find_order(-1).error().code() == errc::not_found);
}

TEST_CASE("two desks that cancel at once cancel once", "[agent_service][shop]") {
  const opened it;
  const auto other = std::make_shared<database>(it.path);  // another process has a connection of its own
  std::vector<bool> before(2);
  std::thread first([&] { before[0] = it.shop->cancel_order(1005)->was_done_before; });
  const bool second = other->cancel_order(1005)->was_done_before;
  first.join();
  CHECK(before[0] != second);
  CHECK(it.number("SELECT in_stock FROM products WHERE name = 'paper lantern'") == 44);
}

TEST_CASE("a shop is kept, and what is no shop is refused", "[agent_service][shop]") {
  opened it;
  CHECK(it.shop->ask_for_refund(1003, "broken"));
  it.shop = std::make_shared<database>(it.path);
  CHECK(it.shop->find_order(1003)->refund == "requested");
  const std::string text = it.folder.write("text/shop.db", std::string(2000, 'x'));
  CHECK_THROWS_WITH(database(text), Contains("not a database"));
  CHECK_THROWS_WITH(database(it.folder / "no/such/shop.db"), Contains("can't open"));
  CHECK(it.number("PRAGMA user_version = 7") == -1);
  CHECK_THROWS_WITH(database(it.path), Contains("another version"));
  sqlite3* at = nullptr;
  REQUIRE(sqlite3_open((it.folder / "other.db").c_str(), &at) == SQLITE_OK);
  CHECK(sqlite3_exec(at, "CREATE TABLE notes (x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(at);
  CHECK_THROWS_WITH(database(it.folder / "other.db"), Contains("another program"));
}

TEST_CASE("a lock of somebody else's is waited for, then told of without the file's place", "[agent_service][shop]") {
  const opened it;
  sqlite3* at = nullptr;
  REQUIRE(sqlite3_open(it.path.c_str(), &at) == SQLITE_OK);
  REQUIRE(sqlite3_exec(at, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto refused = it.shop->cancel_order(1005);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errc::io);
  CHECK(std::string(refused.error().what()).find(it.folder.path()) == std::string::npos);
  CHECK(sqlite3_exec(at, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(at);
  CHECK(it.shop->cancel_order(1005));
}

TEST_CASE("a temporary shop goes with its folder, one with a name stays", "[agent_service][shop]") {
  const sage::test::scratch_folder outside;
  std::string temporary;
  {
    const shop_folder folder("");
    temporary = folder.path();
    CHECK(folder.is_temporary());
    CHECK(database(folder.database()).find_order(1001));
    CHECK(std::filesystem::exists(temporary));
  }
  CHECK_FALSE(std::filesystem::exists(temporary));
  { CHECK(database(shop_folder(outside / "a/b").database()).find_order(1001)); }
  CHECK(std::filesystem::exists(outside / "a/b/shop.db"));
  CHECK_THROWS_WITH(shop_folder(outside.write("file", "x") + "/below"), Contains("can't make the folder"));
}

TEST_CASE("models reach the shop by its tools, with arguments that fit", "[agent_service][shop]") {
  const opened it;
  sage::agent_resources desk;
  add_tools(desk, it.shop);
  CHECK(desk.tools().size() == 5);
  const auto ask = [&](const char* tool, const char* arguments) {
    return desk.tools().invoke({"c", tool, arguments});
  };
  CHECK_THAT(ask("find_order", R"({"number":1002})").text, Contains(R"("status":"shipped")"));
  CHECK(ask("find_order", R"({"number":"1002"})").outcome == sage::tool_outcome::refused);
  CHECK(ask("find_order", R"({"number":1002,"why":"x"})").outcome == sage::tool_outcome::refused);
  CHECK(ask("find_order", R"({"number":1})").outcome == sage::tool_outcome::failed);
  CHECK_THAT(ask("request_refund", R"({"number":1003,"reason":"late"})").text, Contains("24900"));
  CHECK_THAT(ask("product_stock", R"({"product":"blanket"})").text, Contains(R"("in_stock":0)"));
  CHECK_THAT(ask("orders_of_customer", R"({"email":"dev@example.com"})").text, Contains("1005"));
  CHECK_THAT(ask("cancel_order", R"({"number":1005})").text, Contains("cancelled"));
}
