/// The events of the Nexmark benchmark: people, the auctions they open, the bids they make.
///
/// Source  Tucker, Tufte, Papadimos, Maier, "NEXMark: a benchmark for queries over data streams", 2008
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sage/sage.hpp>

namespace nexmark {

/// Times are milliseconds since the Unix epoch.
struct person {
  std::uint64_t id = 0;
  std::string name;
  std::string email_address;
  std::string credit_card;
  std::string city;
  std::string state;
  std::int64_t date_time = 0;
};
SAGE_DESCRIBE(person, id, name, email_address, credit_card, city, state, date_time)

struct auction {
  std::uint64_t id = 0;
  std::string item_name;
  std::string description;
  std::uint64_t initial_bid = 0;
  std::uint64_t reserve = 0;
  std::int64_t date_time = 0;
  std::int64_t expires = 0;
  std::uint64_t seller = 0;
  std::uint64_t category = 0;
};
SAGE_DESCRIBE(auction, id, item_name, description, initial_bid, reserve, date_time, expires, seller, category)

struct bid {
  std::uint64_t auction = 0;
  std::uint64_t bidder = 0;
  std::uint64_t price = 0;
  std::string channel;
  std::string url;
  std::int64_t date_time = 0;
};
SAGE_DESCRIBE(bid, auction, bidder, price, channel, url, date_time)

/// One of the three.
struct event {
  std::optional<nexmark::person> person;
  std::optional<nexmark::auction> auction;
  std::optional<nexmark::bid> bid;

  [[nodiscard]] std::int64_t date_time() const noexcept {
    return person ? person->date_time : auction ? auction->date_time : bid ? bid->date_time : 0;
  }
};
SAGE_DESCRIBE(event, person, auction, bid)

/// How far the time of an event may be behind that of one before it, in milliseconds.
inline constexpr std::int64_t disorder_ms = 200;

/// Event `number` of the stream with this seed: of 50, one is a person, three are auctions, the rest bids; 10,000 per
/// second of event time, out of order by at most `disorder_ms`. A pure function.
[[nodiscard]] event event_of(std::uint64_t number, std::uint64_t seed);

}  // namespace nexmark
