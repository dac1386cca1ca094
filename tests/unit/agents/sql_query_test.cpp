// Questions to a database, and everything that is no question.
#include "sage/agents/tools/sql_query.hpp"

#include <sqlite3.h>

#include "sage/model/dynamic_value.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;
using Catch::Matchers::Contains;

namespace {

struct shop {
  test::scratch_folder folder;
  tools::sql_query_options options;

  shop() {
    options.database = folder / "shop.db";
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(options.database.c_str(), &database) == SQLITE_OK);
    const char* const script =
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, price REAL, photo BLOB);"
        "INSERT INTO orders VALUES (1, 'lamp', 9.5, x'00ff'), (2, 'chair', 30, NULL);"
        "CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "
        "SELECT i FROM n;";
    REQUIRE(sqlite3_exec(database, script, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }
  tool_result ask(const std::string& query) const {
    return tools::sql_query(options)->invoke(to_json(std::map<std::string, std::string>{{"query", query}}));
  }
};

}  // namespace

TEST_CASE("a question is answered with columns and rows", "[agents][sql]") {
  const shop it;
  const std::string expected =
      R"x({"columns":["id","item","price","photo"],"rows":[)x"
      R"x([1,"lamp",9.5,"(2 bytes that are no text)"],[2,"chair",30.0,null]],"more":false})x";
  CHECK(it.ask("SELECT * FROM orders ORDER BY id") == tool_result{tool_outcome::done, expected});
  CHECK_THAT(it.ask("WITH x AS (SELECT 1 AS one) SELECT one, upper('a') FROM x; -- done").text,
             Contains("[1,\"A\"]"));
  CHECK_THAT(tools::sql_query(it.options)->describe().description, Contains("CREATE TABLE orders"));
  CHECK_THAT(it.ask("SELECT sum(i) FROM numbers").text, Contains("500500"));
}

TEST_CASE("nothing but reading is allowed", "[agents][sql]") {
  const shop it;
  for (const char* query : {"DELETE FROM orders",
                            "UPDATE orders SET price = 0",
                            "INSERT INTO orders VALUES (3, 'x', 1, NULL)",
                            "DROP TABLE orders",
                            "CREATE TABLE t (x)",
                            "CREATE TEMP TABLE t (x)",
                            "ALTER TABLE orders ADD COLUMN x",
                            "PRAGMA journal_mode = WAL",
                            "PRAGMA table_info(orders)",
                            "SELECT * FROM pragma_table_info('orders')",
                            "ATTACH '/tmp/other.db' AS other",
                            "ATTACH ':memory:' AS m",
                            "DETACH main",
                            "VACUUM",
                            "VACUUM INTO '/tmp/x.db'",
                            "BEGIN",
                            "COMMIT",
                            "REINDEX",
                            "ANALYZE",
                            "SELECT load_extension('x')",
                            "SELECT readfile('/etc/passwd')",
                            "SELECT writefile('/tmp/x', 'y')",
                            "EXPLAIN SELECT 1",
                            "EXPLAIN QUERY PLAN SELECT 1",
                            "WITH x AS (SELECT 1) DELETE FROM orders",
                            "SELECT 1; DELETE FROM orders",
                            "SELECT 1; SELECT 2",
                            "",
                            "   ",
                            "-- nothing",
                            ";",
                            "SELECT 1;;DROP TABLE orders",
                            "SELEC 1",
                            "SELECT * FROM missing",
                            ".tables"}) {
    const tool_result result = it.ask(query);
    INFO(query << " gave " << result.text);
    CHECK(result.outcome == tool_outcome::failed);
    CHECK_FALSE(result.text.empty());
  }
  CHECK_THAT(it.ask("SELECT count(*), sum(price) FROM orders").text, Contains("[2,39.5]"));
  CHECK(it.folder.names() == std::vector<std::string>{"shop.db"});
}

TEST_CASE("an answer is bounded in rows and bytes", "[agents][sql]") {
  shop it;
  it.options.rows_max = 10;
  CHECK_THAT(it.ask("SELECT i FROM numbers").text, Contains("[10]],\"more\":true"));
  CHECK_THAT(it.ask("SELECT i FROM numbers LIMIT 10").text, Contains("[10]],\"more\":false"));
  it.options.rows_max = 1000;
  it.options.answer_bytes_max = 500;
  const std::string few = it.ask("SELECT i, 'some text' FROM numbers").text;
  CHECK_THAT(few, Contains("\"more\":true"));
  CHECK(few.size() < 700);
  CHECK_THAT(it.ask("SELECT replace(hex(zeroblob(100000)), '0', 'x')").text, Contains("more\":true"));
  it.options.answer_bytes_max = 10'000;
  CHECK_THAT(it.ask("SELECT replace(hex(zeroblob(100000)), '0', 'x')").text, Contains("... (200000 bytes)"));
  CHECK(it.ask("SELECT zeroblob(2000000000)").outcome == tool_outcome::failed);
  CHECK(it.ask("SELECT '" + std::string(20'000, 'x') + "'").outcome != tool_outcome::done);
}

TEST_CASE("a query that takes too long is ended, and so is one that nobody waits for", "[agents][sql]") {
  shop it;
  const std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  it.options.time_max = 20'000'000;
  CHECK_THAT(it.ask(endless).text, Contains("took too long"));
  it.options.time_max = 3'600'000'000'000;
  std::stop_source source;
  source.request_stop();
  const tool_result stopped =
      tools::sql_query(it.options)->invoke("{\"query\":\"" + endless + "\"}", source.get_token());
  CHECK_THAT(stopped.text, Contains("was stopped"));
}

TEST_CASE("texts that aren't UTF-8 are repaired", "[agents][sql]") {
  const shop it;
  CHECK_THAT(it.ask("SELECT CAST(x'61ff62' AS TEXT)").text, Contains("a\xef\xbf\xbd"
                                                                     "b"));
}

TEST_CASE("a database must be there and be one", "[agents][sql]") {
  tools::sql_query_options options;
  options.database = "/no/such.db";
  CHECK_THROWS_AS(tools::sql_query(options), error);
  const test::scratch_folder folder;
  options.database =
      folder.write("text.db", "this is no database, whatever its name says, and it is long enough to tell");
  CHECK_THROWS_AS(tools::sql_query(options), error);
}
