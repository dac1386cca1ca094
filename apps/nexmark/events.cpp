#include "nexmark/events.hpp"

#include <algorithm>
#include <array>

namespace nexmark {

namespace {

constexpr std::uint64_t events_per_group = 50;
constexpr std::uint64_t auctions_per_group = 3;
constexpr std::uint64_t first_id = 1000;
constexpr std::int64_t begin_ms = 1'600'000'000'000;
constexpr std::int64_t events_per_ms = 10;

// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class draws {
 public:
  draws(std::uint64_t number, std::uint64_t seed) noexcept
      : state_(seed * 0xd1342543de82ef95u + number * 0x2545f4914f6cdd1du) {}
  std::uint64_t below(std::uint64_t bound) noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % bound;
  }
  template <std::size_t N>
  std::string one_of(const std::array<const char*, N>& names) noexcept {
    return names[below(N)];
  }

 private:
  std::uint64_t state_;
};

constexpr std::array first_names{"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                 "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
constexpr std::array last_names{"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                "Walton", "Smith",  "Jones",   "Noris"};
constexpr std::array cities{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                            "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
constexpr std::array states{"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr std::array channels{"Google", "Facebook", "Baidu", "Apple"};

person person_of(std::uint64_t group, std::int64_t now, draws& random) {
  person made;
  made.id = first_id + group;
  made.name = random.one_of(first_names) + " " + random.one_of(last_names);
  made.email_address = "p" + std::to_string(made.id) + "@example.com";
  for (int i = 0; i < 4; ++i) made.credit_card += (i > 0 ? " " : "") + std::to_string(1000 + random.below(9000));
  made.city = random.one_of(cities);
  made.state = random.one_of(states);
  made.date_time = now;
  return made;
}

auction auction_of(std::uint64_t group, std::uint64_t index, std::int64_t now, draws& random) {
  auction made;
  made.id = first_id + group * auctions_per_group + index;
  made.item_name = "item " + std::to_string(random.below(1000));
  made.description = "as good as new, no. " + std::to_string(random.below(100'000));
  made.initial_bid = 100 + random.below(900);
  made.reserve = made.initial_bid + random.below(1000);
  made.date_time = now;
  made.expires = now + 500 + static_cast<std::int64_t>(random.below(10'000));
  made.seller = first_id + group - std::min<std::uint64_t>(group, random.below(100));
  made.category = 10 + random.below(5);
  return made;
}

bid bid_of(std::uint64_t group, std::int64_t now, draws& random) {
  bid made;
  const std::uint64_t newest = group * auctions_per_group + auctions_per_group - 1;
  // Half of the bids go to the hundredth auction that was opened last: that one is hot.
  const std::uint64_t chosen =
      random.below(2) == 0 ? newest / 100 * 100 : newest - std::min(newest, random.below(1000));
  made.auction = first_id + chosen;
  made.bidder = first_id + group - std::min<std::uint64_t>(group, random.below(1000));
  made.price = 100 + random.below(10) * random.below(1000) * random.below(100);
  made.channel = random.one_of(channels);
  made.url = "https://www.example.com/item/" + std::to_string(made.auction);
  made.date_time = now;
  return made;
}

}  // namespace

event event_of(std::uint64_t number, std::uint64_t seed) {
  draws random(number, seed);
  const std::uint64_t group = number / events_per_group;
  const std::uint64_t place = number % events_per_group;
  const std::int64_t now = begin_ms + static_cast<std::int64_t>(number) / events_per_ms -
                           static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(disorder_ms)));
  event made;
  if (place == 0) {
    made.person = person_of(group, now, random);
  } else if (place <= auctions_per_group) {
    made.auction = auction_of(group, place - 1, now, random);
  } else {
    made.bid = bid_of(group, now, random);
  }
  return made;
}

}  // namespace nexmark
