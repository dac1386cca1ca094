#include "nexmark/queries.hpp"

#include <chrono>
#include <map>
#include <memory>

#include "nexmark/rows.hpp"
#include "nexmark/winning_bids.hpp"
#include "ordered_rows/in_order.hpp"

namespace nexmark {

using namespace std::chrono_literals;

namespace {

template <class Row>
void write(const sage::data_stream<Row>& rows, const std::string& output) {
  ordered_rows::write_in_order(rows, output);
}

auto persons_of(const sage::data_stream<event>& events) {
  return events
      .flat_map([](const event& one, sage::collector<person>& out) {
        if (one.person) out.push(*one.person);
      })
      .name("persons");
}
auto auctions_of(const sage::data_stream<event>& events) {
  return events
      .flat_map([](const event& one, sage::collector<auction>& out) {
        if (one.auction) out.push(*one.auction);
      })
      .name("auctions");
}
auto bids_of(const sage::data_stream<event>& events) {
  return events
      .flat_map([](const event& one, sage::collector<bid>& out) {
        if (one.bid) out.push(*one.bid);
      })
      .name("bids");
}

// What it costs to read and write: every bid as it is.
void pass_through(const sage::data_stream<event>& events, const std::string& output) {
  write(bids_of(events).map([](const bid& b) {
    return bid_row{b.date_time, b.auction, b.bidder, static_cast<double>(b.price)};
  }),
        output);
}

// Prices in another currency.
void convert(const sage::data_stream<event>& events, const std::string& output) {
  write(bids_of(events).map([](const bid& b) {
    return bid_row{b.date_time, b.auction, b.bidder, static_cast<double>(b.price) * 0.908};
  }),
        output);
}

// The bids for some auctions.
void select(const sage::data_stream<event>& events, const std::string& output) {
  write(bids_of(events).filter([](const bid& b) { return b.auction % 123 == 0; }).map([](const bid& b) {
    return price_row{b.auction, b.price};
  }),
        output);
}

// Who sells in category 10 in three states: a join without end, whose state is what there is of both.
class local_items {
 public:
  void open(sage::context& self) {
    seller_ = sage::value_state<person>(self, "seller");
    waiting_ = sage::list_state<std::uint64_t>(self, "waiting");
  }
  void on_first(const person& seller, sage::collector<local_item_row>& out) {
    for (const std::uint64_t auction : waiting_.get()) out.push({auction, seller.name, seller.city, seller.state});
    waiting_.clear();
    seller_.set(seller);
  }
  void on_second(const auction& one, sage::collector<local_item_row>& out) {
    if (const person* seller = seller_.get()) {
      out.push({one.id, seller->name, seller->city, seller->state});
    } else {
      waiting_.add(one.id);
    }
  }

 private:
  sage::value_state<person> seller_;
  sage::list_state<std::uint64_t> waiting_;
};

void find_local_items(const sage::data_stream<event>& events, const std::string& output) {
  const auto sellers = persons_of(events).filter(
      [](const person& p) { return p.state == "OR" || p.state == "ID" || p.state == "CA"; });
  const auto items = auctions_of(events).filter([](const auction& a) { return a.category == 10; });
  write(sellers.key_by(&person::id).connect(items.key_by(&auction::seller)).co_process(local_items{}), output);
}

// The average price at which auctions of a category end.
struct price_sum {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
};
SAGE_DESCRIBE(price_sum, count, sum)
struct average_price {
  using accumulator = price_sum;
  void add(accumulator& acc, const sale& one) const {
    ++acc.count;
    acc.sum += one.price;
  }
  void merge(accumulator& acc, const accumulator& other) const {
    acc.count += other.count;
    acc.sum += other.sum;
  }
  category_row result(std::uint64_t category, accumulator&& acc) const {
    return {category, acc.count, static_cast<double>(acc.sum) / static_cast<double>(acc.count)};
  }
};
void average_by_category(const sage::data_stream<event>& events, const std::string& output) {
  write<category_row>(sales_of(events).key_by(&sale::category).aggregate(average_price{}), output);
}

// Which auctions got most bids within ten seconds, every two seconds.
void find_hot_items(const sage::data_stream<event>& events, const std::string& output) {
  using count = sage::window_result<std::uint64_t, std::uint64_t>;
  auto counts = bids_of(events).key_by(&bid::auction).window(sage::sliding(10s, 2s)).count();
  // The counts of one window have one time, the last of the window, so they meet in one of two seconds.
  write(counts.window(sage::tumbling(2s))
            .process([](const sage::window&, std::vector<count>& all, sage::collector<hot_row>& out) {
              std::uint64_t most = 0;
              for (const count& one : all) most = std::max(most, one.value);
              for (const count& one : all) {
                if (one.value == most) out.push({one.start, one.end, one.key, one.value});
              }
            }),
        output);
}

// The average price of the last ten auctions of each seller, whenever one ends.
class last_ten {
 public:
  void open(sage::context& self) {
    timers_ = &self.timers();
    coming_ = sage::map_state<std::pair<std::int64_t, std::uint64_t>, std::uint64_t>(self, "coming");
    last_ = sage::list_state<std::uint64_t>(self, "last");
  }
  // Sales come from several instances: their time puts them in order.
  void operator()(const sale& one, sage::collector<seller_row>& out) {
    static_cast<void>(out);
    coming_.put({one.expires, one.auction}, one.price);
    timers_->at_event_time(one.expires);
  }
  void on_timer(const std::uint64_t& seller, const sage::timer& at, sage::collector<seller_row>& out) {
    std::vector<std::uint64_t> prices = last_.get();
    auto coming = coming_.get();
    while (!coming.empty() && coming.begin()->first.first <= at.time) {
      if (prices.size() == 10) prices.erase(prices.begin());
      prices.push_back(coming.begin()->second);
      std::uint64_t sum = 0;
      for (const std::uint64_t price : prices) sum += price;
      out.push({seller, coming.begin()->first.first, coming.begin()->first.second,
                static_cast<double>(sum) / static_cast<double>(prices.size())});
      coming_.remove(coming.begin()->first);
      coming.erase(coming.begin());
    }
    last_.set(std::move(prices));
  }

 private:
  sage::timer_service* timers_ = nullptr;
  sage::map_state<std::pair<std::int64_t, std::uint64_t>, std::uint64_t> coming_;
  sage::list_state<std::uint64_t> last_;
};
void average_by_seller(const sage::data_stream<event>& events, const std::string& output) {
  write(sales_of(events).key_by(&sale::seller).process(last_ten{}), output);
}

// The highest bids of every ten seconds.
struct highest_bids {
  using accumulator = std::vector<bid>;  // those of the highest price so far
  void add(accumulator& acc, const bid& one) const {
    if (!acc.empty() && one.price < acc.front().price) return;
    if (!acc.empty() && one.price > acc.front().price) acc.clear();
    acc.push_back(one);
  }
  void merge(accumulator& acc, const accumulator& other) const {
    for (const bid& one : other) add(acc, one);
  }
  std::vector<highest_row> result(const sage::window& when, accumulator&& acc) const {
    std::vector<highest_row> rows;
    for (const bid& one : acc) rows.push_back({when.start, one.price, one.auction, one.bidder, one.date_time});
    return rows;
  }
};
void find_highest_bids(const sage::data_stream<event>& events, const std::string& output) {
  write(bids_of(events)
            .window(sage::tumbling(10s))
            .aggregate(highest_bids{})
            .flat_map([](std::vector<highest_row> rows) { return rows; }),
        output);
}

// Who has come and sold something within the same ten seconds.
void find_new_sellers(const sage::data_stream<event>& events, const std::string& output) {
  write(persons_of(events)
            .key_by(&person::id)
            .join(auctions_of(events).key_by(&auction::seller))
            .window(sage::tumbling(10s))
            .co_group([](const std::uint64_t& id, const sage::window& when, std::vector<person>& people,
                         std::vector<auction>& sold, sage::collector<new_seller_row>& out) {
              if (people.empty() || sold.empty()) return;
              out.push({when.start, id, people.front().name, sold.size()});
            }),
        output);
}

using declare = void (*)(const sage::data_stream<event>&, const std::string&);

const std::map<std::string, declare>& queries() {
  static const std::map<std::string, declare> all{{"q0", pass_through},
                                                  {"q1", convert},
                                                  {"q2", select},
                                                  {"q3", find_local_items},
                                                  {"q4", average_by_category},
                                                  {"q5", find_hot_items},
                                                  {"q6", average_by_seller},
                                                  {"q7", find_highest_bids},
                                                  {"q8", find_new_sellers}};
  return all;
}

}  // namespace

std::vector<std::string> query_names() {
  std::vector<std::string> names;
  for (const auto& [name, query] : queries()) names.push_back(name);
  return names;
}

void declare_query(const std::string& name, const sage::data_stream<event>& events, const std::string& output) {
  const auto timed = events.assign_timestamps(&event::date_time,
                                              sage::bounded_out_of_orderness(std::chrono::milliseconds(disorder_ms)));
  queries().at(name)(timed, output);
}

}  // namespace nexmark
