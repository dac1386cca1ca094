/// The highest bid of each auction, when it is over: what queries 4 and 6 begin with.
#pragma once

#include <cstdint>

#include <sage/sage.hpp>

#include "nexmark/events.hpp"

namespace nexmark {

/// An auction or a bid for one.
struct offer {
  std::optional<nexmark::auction> auction;
  std::optional<nexmark::bid> bid;
  [[nodiscard]] std::uint64_t id() const noexcept { return auction ? auction->id : bid->auction; }
};

/// An auction that is over.
struct sale {
  std::uint64_t auction = 0;
  std::uint64_t seller = 0;
  std::uint64_t category = 0;
  std::uint64_t price = 0;
  std::int64_t expires = 0;
};

/// A bid that came before its auction.
struct early_bid {
  std::int64_t date_time = 0;
  std::uint64_t price = 0;
};
SAGE_DESCRIBE(early_bid, date_time, price)

/// Per auction: keeps the highest bid between its opening and its end, and tells it when time has come to that end.
/// Bids may come before their auction, since events are out of order; for one that is over they are ignored.
class winning_bids {
 public:
  void open(sage::context& self);
  void operator()(const offer& one, sage::collector<sale>& out);
  void on_timer(const std::uint64_t& id, const sage::timer& at, sage::collector<sale>& out);

 private:
  void consider(const auction& of, std::int64_t date_time, std::uint64_t price);

  sage::timer_service* timers_ = nullptr;
  sage::value_state<auction> auction_;
  sage::value_state<std::uint64_t> best_;
  sage::list_state<early_bid> early_;
  sage::value_state<bool> over_;
};

/// The sales of a stream of events.
[[nodiscard]] sage::data_stream<sale> sales_of(const sage::data_stream<event>& events);

}  // namespace nexmark
