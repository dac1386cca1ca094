/// The pipeline of triage: mails -> kinds -> without copies -> figures per day, and alerts.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include <sage/sage.hpp>

#include "triage/classify.hpp"
#include "triage/mail.hpp"

namespace triage {

struct settings {
  std::int32_t spam_from = 4;          ///< points from which on a mail is spam
  std::int64_t copies_days = 7;        ///< a mail like one that came within so many days is a copy
  std::uint32_t wave_mails = 3;        ///< so many mails alike ...
  std::int64_t wave_hours = 24;        ///< ... within less than so many hours are a wave
  double share = 0.8;                  ///< a day whose share of spam is at least that is told of,
  std::uint64_t share_mails = 10;      ///< when it has at least so many mails
  std::int64_t disorder_s = 3600;      ///< how far a mail may come behind a newer one
  std::string zone = "Europe/Dublin";  ///< whose days
};

// What is written. Members stand in the order of the columns; rows are ordered by them from left to right.

/// The mails of one kind on one day, without copies.
struct day_row {
  std::string day;  ///< when it began, in UTC: 2002-08-21T23:00:00Z
  mail_kind kind = mail_kind::direct;
  std::uint64_t mails = 0;
  std::uint64_t senders = 0;
  std::string loudest;  ///< the subject of the mail with the most points; the first by id of several
  std::int32_t points = 0;
  auto operator<=>(const day_row&) const = default;
};
SAGE_DESCRIBE(day_row, day, kind, mails, senders, loudest, points)

struct alert_row {
  std::string at;
  std::string alert;  ///< wave, spam_share
  std::string about;
  std::uint64_t mails = 0;
  auto operator<=>(const alert_row&) const = default;
};
SAGE_DESCRIBE(alert_row, at, alert, about, mails)

/// "2002-08-21T23:00:00Z"
[[nodiscard]] std::string time_text(std::int64_t ms);

/// Declares the pipeline from mails to both files.
void declare(const sage::data_stream<mail>& mails, const settings& wanted, const std::string& days,
             const std::string& alerts);

}  // namespace triage
