#include "triage/pipeline.hpp"

#include <chrono>
#include <ctime>
#include <map>
#include <tuple>
#include <utility>

#include "ordered_rows/in_order.hpp"

namespace triage {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct day_sums {
  std::uint64_t mails = 0;
  std::map<std::string, std::uint64_t> senders;  // with their mails
  std::int32_t points = 0;
  std::string loudest_id;
  std::string loudest;
};
SAGE_DESCRIBE(day_sums, mails, senders, points, loudest_id, loudest)

struct sum_up_day {
  using accumulator = day_sums;
  void add(accumulator& acc, const verdict& one) const {
    merge(acc, {1, {{one.sender, 1}}, one.points, one.id, one.subject});
  }
  void merge(accumulator& acc, const accumulator& more) const {
    if (more.mails == 0) return;
    if (acc.mails == 0 || std::pair(-more.points, more.loudest_id) < std::pair(-acc.points, acc.loudest_id)) {
      std::tie(acc.points, acc.loudest_id, acc.loudest) = std::tie(more.points, more.loudest_id, more.loudest);
    }
    acc.mails += more.mails;
    for (const auto& [sender, its] : more.senders) acc.senders[sender] += its;
  }
  day_row result(mail_kind kind, const sage::window& when, accumulator&& acc) const {
    return {time_text(when.start), kind, acc.mails, acc.senders.size(), std::move(acc.loudest), acc.points};
  }
};

struct day_share {
  std::uint64_t mails = 0;
  std::uint64_t spam = 0;
};
SAGE_DESCRIBE(day_share, mails, spam)

struct share_of_day {
  sage::event_time start = 0;
  day_share counts;
};

struct sum_up_share {
  using accumulator = day_share;
  void add(accumulator& acc, const verdict& one) const {
    ++acc.mails;
    if (one.kind == mail_kind::spam) ++acc.spam;
  }
  void merge(accumulator& acc, const accumulator& more) const {
    acc.mails += more.mails;
    acc.spam += more.spam;
  }
  share_of_day result(const sage::window& when, accumulator&& acc) const { return {when.start, acc}; }
};

sage::pattern<verdict> wave(const settings& wanted) {
  return sage::pattern<verdict>("copy", [](const verdict&) { return true; })
      .times(wanted.wave_mails)
      .within(hours(wanted.wave_hours))
      .after(sage::after_match::skip_past_last);
}

}  // namespace

std::string time_text(std::int64_t ms) {
  const auto at = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void declare(const sage::data_stream<mail>& mails, const settings& wanted, const std::string& days,
             const std::string& alerts) {
  const auto judged =
      mails.assign_timestamps(&mail::received_ms, sage::bounded_out_of_orderness(seconds(wanted.disorder_s)))
          .name("times")
          .map([from = wanted.spam_from](const mail& one) { return classify(one, from); })
          .name("kinds")
          .key_by(&verdict::fingerprint);
  const auto unique = judged.dedup(hours(24 * wanted.copies_days)).name("without_copies");
  const auto day = sage::calendar(sage::calendar_unit::day, wanted.zone);
  ordered_rows::write_in_order(unique.key_by(&verdict::kind).window(day).aggregate(sum_up_day{}).name("days"), days,
                               "days_output");

  const auto waves = judged.match(wave(wanted))
                         .select([](const sage::pattern_match<verdict>& found, sage::collector<alert_row>& out) {
                           const verdict& last = *found.last("copy");
                           out.push({time_text(last.received_ms), "wave", last.subject, found.all("copy").size()});
                         });
  const auto shares =
      unique.window(day)
          .aggregate(sum_up_share{})
          .name("shares")
          .filter([share = wanted.share, least = wanted.share_mails](const share_of_day& one) {
            const auto all = static_cast<double>(one.counts.mails);
            return one.counts.mails >= least && static_cast<double>(one.counts.spam) >= share * all;
          })
          .map([](const share_of_day& one) {
            return alert_row{time_text(one.start), "spam_share",
                             std::to_string(one.counts.spam) + " of " + std::to_string(one.counts.mails),
                             one.counts.mails};
          });
  ordered_rows::write_in_order(waves.union_with(shares).name("alerts"), alerts, "alerts_output");
}

}  // namespace triage
