#include "nexmark/winning_bids.hpp"

namespace nexmark {

void winning_bids::open(sage::context& self) {
  timers_ = &self.timers();
  auction_ = sage::value_state<auction>(self, "auction");
  best_ = sage::value_state<std::uint64_t>(self, "best");
  early_ = sage::list_state<early_bid>(self, "early");
  over_ = sage::value_state<bool>(self, "over");
}

void winning_bids::operator()(const offer& one, sage::collector<sale>& out) {
  static_cast<void>(out);
  if (over_.has_value()) return;
  if (one.auction) {
    auction_.set(*one.auction);
    timers_->at_event_time(one.auction->expires);
    for (const early_bid& each : early_.get()) consider(*one.auction, each.date_time, each.price);
    early_.clear();
  } else if (const auction* known = auction_.get()) {
    consider(*known, one.bid->date_time, one.bid->price);
  } else {
    early_.add({one.bid->date_time, one.bid->price});
  }
}

void winning_bids::consider(const auction& of, std::int64_t date_time, std::uint64_t price) {
  if (date_time < of.date_time || date_time > of.expires) return;
  if (!best_.has_value() || price > *best_.get()) best_.set(price);
}

void winning_bids::on_timer(const std::uint64_t& id, const sage::timer& at, sage::collector<sale>& out) {
  const auction& of = *auction_.get();
  if (best_.has_value()) out.push({id, of.seller, of.category, *best_.get(), at.time});
  auction_.clear();
  best_.clear();
  over_.set(true);
}

sage::data_stream<sale> sales_of(const sage::data_stream<event>& events) {
  return events
      .flat_map([](const event& one, sage::collector<offer>& out) {
        if (one.auction) out.push({one.auction, {}});
        if (one.bid) out.push({{}, one.bid});
      })
      .name("offers")
      .key_by(&offer::id)
      .process(winning_bids{})
      .name("sales");
}

}  // namespace nexmark
