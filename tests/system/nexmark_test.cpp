// The Nexmark queries against loops over all events.
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include <sage/sage.hpp>

#include "nexmark/events.hpp"
#include "nexmark/rows.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"
#include "tests/system/rows.hpp"

using namespace nexmark;
using sage::testing::finished_process;
using sage::testing::run;
using sage::testing::run_shell;
using sage::testing::scratch_folder;

namespace {

struct events_by_kind {
  std::vector<person> persons;
  std::vector<auction> auctions;
  std::vector<bid> bids;
};

events_by_kind all_events(std::uint64_t count, std::uint64_t seed) {
  events_by_kind all;
  for (std::uint64_t i = 0; i < count; ++i) {
    const event one = event_of(i, seed);
    if (one.person) all.persons.push_back(*one.person);
    if (one.auction) all.auctions.push_back(*one.auction);
    if (one.bid) all.bids.push_back(*one.bid);
  }
  return all;
}

std::int64_t window_of(std::int64_t time, std::int64_t size) {
  return time - time % size;
}

template <class Row>
std::vector<Row> sorted(std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

struct sold {
  auction of;
  std::uint64_t price;
};
std::vector<sold> sales(const events_by_kind& all) {
  std::map<std::uint64_t, std::vector<bid>> by_auction;
  for (const bid& b : all.bids) by_auction[b.auction].push_back(b);
  std::vector<sold> made;
  for (const auction& a : all.auctions) {
    std::uint64_t best = 0;
    for (const bid& b : by_auction[a.id]) {
      if (b.date_time >= a.date_time && b.date_time <= a.expires) best = std::max(best, b.price);
    }
    if (best > 0) made.push_back({a, best});
  }
  return made;
}

std::vector<bid_row> q0(const events_by_kind& all, double rate) {
  std::vector<bid_row> rows;
  for (const bid& b : all.bids)
    rows.push_back({b.date_time, b.auction, b.bidder, static_cast<double>(b.price) * rate});
  return sorted(rows);
}
std::vector<price_row> q2(const events_by_kind& all) {
  std::vector<price_row> rows;
  for (const bid& b : all.bids) {
    if (b.auction % 123 == 0) rows.push_back({b.auction, b.price});
  }
  return sorted(rows);
}
std::vector<local_item_row> q3(const events_by_kind& all) {
  std::map<std::uint64_t, person> by_id;
  for (const person& p : all.persons) by_id[p.id] = p;
  std::vector<local_item_row> rows;
  for (const auction& a : all.auctions) {
    const auto seller = by_id.find(a.seller);
    if (a.category != 10 || seller == by_id.end()) continue;
    const person& p = seller->second;
    if (p.state == "OR" || p.state == "ID" || p.state == "CA") rows.push_back({a.id, p.name, p.city, p.state});
  }
  return sorted(rows);
}
std::vector<category_row> q4(const events_by_kind& all) {
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> sums;
  for (const sold& one : sales(all)) {
    sums[one.of.category].first += 1;
    sums[one.of.category].second += one.price;
  }
  std::vector<category_row> rows;
  for (const auto& [category, sum] : sums) {
    rows.push_back({category, sum.first, static_cast<double>(sum.second) / static_cast<double>(sum.first)});
  }
  return rows;
}
std::vector<hot_row> q5(const events_by_kind& all) {
  std::map<std::int64_t, std::map<std::uint64_t, std::uint64_t>> counts;
  for (const bid& b : all.bids) {
    const std::int64_t last = window_of(b.date_time, 2000);
    for (std::int64_t start = last - 8000; start <= last; start += 2000) ++counts[start][b.auction];
  }
  std::vector<hot_row> rows;
  for (const auto& [start, by_auction] : counts) {
    std::uint64_t most = 0;
    for (const auto& [auction, count] : by_auction) most = std::max(most, count);
    for (const auto& [auction, count] : by_auction) {
      if (count == most) rows.push_back({start, start + 10'000, auction, count});
    }
  }
  return sorted(rows);
}
std::vector<seller_row> q6(const events_by_kind& all) {
  std::map<std::uint64_t, std::map<std::pair<std::int64_t, std::uint64_t>, std::uint64_t>> by_seller;
  for (const sold& one : sales(all)) by_seller[one.of.seller][{one.of.expires, one.of.id}] = one.price;
  std::vector<seller_row> rows;
  for (const auto& [seller, its] : by_seller) {
    std::vector<std::uint64_t> prices;
    for (const auto& [when, price] : its) {
      prices.push_back(price);
      const std::size_t from = prices.size() > 10 ? prices.size() - 10 : 0;
      std::uint64_t sum = 0;
      for (std::size_t i = from; i < prices.size(); ++i) sum += prices[i];
      rows.push_back(
          {seller, when.first, when.second, static_cast<double>(sum) / static_cast<double>(prices.size() - from)});
    }
  }
  return sorted(rows);
}
std::vector<highest_row> q7(const events_by_kind& all) {
  std::map<std::int64_t, std::uint64_t> most;
  for (const bid& b : all.bids)
    most[window_of(b.date_time, 10'000)] = std::max(most[window_of(b.date_time, 10'000)], b.price);
  std::vector<highest_row> rows;
  for (const bid& b : all.bids) {
    const std::int64_t start = window_of(b.date_time, 10'000);
    if (b.price == most[start]) rows.push_back({start, b.price, b.auction, b.bidder, b.date_time});
  }
  return sorted(rows);
}
std::vector<new_seller_row> q8(const events_by_kind& all) {
  std::map<std::pair<std::uint64_t, std::int64_t>, std::uint64_t> sold;
  for (const auction& a : all.auctions) ++sold[{a.seller, window_of(a.date_time, 10'000)}];
  std::vector<new_seller_row> rows;
  for (const person& p : all.persons) {
    const std::int64_t start = window_of(p.date_time, 10'000);
    const auto found = sold.find({p.id, start});
    if (found != sold.end()) rows.push_back({start, p.id, p.name, found->second});
  }
  return sorted(rows);
}

template <class Row>
void check_rows(const scratch_folder& folder, const std::string& query, const std::vector<Row>& expected) {
  REQUIRE_FALSE(expected.empty());
  struct way {
    const char* parallelism;
    const char* state;
  };
  for (const way how : {way{"1", "memory"}, way{"3", "memory"}, way{"2", "rocksdb"}}) {
    INFO(query << " at parallelism " << how.parallelism << ", state in " << how.state);
    const std::string output = folder.path(query + "-" + how.parallelism + ".csv");
    // So little memory that most keys are on disk.
    const finished_process done =
        run("nexmark", {"run", "--query", query, "--input", folder.path("events.jsonl"), "--output", output,
                        "--parallelism", how.parallelism, "--state", how.state, "--state-memory", "2MiB"});
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    REQUIRE(sage::testing::rows_of<Row>(output) == expected);  // in order, too
  }
}

void check_queries(std::uint64_t count, std::uint64_t seed) {
  scratch_folder folder;
  const finished_process made = run("nexmark", {"generate", "--events", std::to_string(count), "--seed",
                                                std::to_string(seed), "--output", folder.path("events.jsonl")});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  const events_by_kind all = all_events(count, seed);
  check_rows(folder, "q0", q0(all, 1));
  check_rows(folder, "q1", q0(all, 0.908));
  check_rows(folder, "q2", q2(all));
  check_rows(folder, "q3", q3(all));
  check_rows(folder, "q4", q4(all));
  check_rows(folder, "q5", q5(all));
  check_rows(folder, "q6", q6(all));
  check_rows(folder, "q7", q7(all));
  check_rows(folder, "q8", q8(all));
}

}  // namespace

TEST_CASE("every query says what a loop over all events says", "[system][nexmark]") {
  check_queries(50'000, 7);
}

TEST_CASE("every query says so over a million events", "[.][nexmark_million]") {
  check_queries(1'000'000, 1);
}

TEST_CASE("what nexmark can't do is said in one line", "[system][nexmark]") {
  const finished_process none = run("nexmark", {"run", "--input", "x", "--output", "y"});
  CHECK(none.exit_code == 2);
  CHECK(none.err.find("--query") != std::string::npos);
  const finished_process nowhere = run("nexmark", {"run", "--query", "q3", "--input", "/dev/null", "--output",
                                                   "/dev/null", "--state", "rocksdb", "--state-dir", "/proc/none"});
  CHECK(nowhere.exit_code == 1);
  CHECK(nowhere.err.find("--state-dir") != std::string::npos);
  const finished_process broken = run("nexmark", {"run", "--query", "q9", "--input", "x", "--output", "y"});
  CHECK(broken.exit_code == 2);
}

TEST_CASE("a disk that takes no more state fails the job in one line and is left clean", "[system][nexmark][state]") {
  scratch_folder folder;
  const finished_process made =
      run("nexmark", {"generate", "--events", "100000", "--seed", "1", "--output", folder.path("events.jsonl")});
  REQUIRE(made.exit_code == 0);
  const std::string place = folder.path("state");
  const finished_process done =
      run_shell("ulimit -f 200; exec \"$bin/nexmark\" run --query q4 --input " + folder.path("events.jsonl") +
                " --output " + folder.path("rows.csv") + " --state rocksdb --state-memory 1MiB --state-dir " + place);
  CHECK(done.exit_code == 1);
  CHECK(done.err.find("the state store failed") != std::string::npos);
  CHECK(done.err.find("keep state in memory") != std::string::npos);
  CHECK(std::filesystem::is_empty(place));
  CHECK_FALSE(std::filesystem::exists(folder.path("rows.csv")));
}
