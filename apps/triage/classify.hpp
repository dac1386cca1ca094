/// What kind a mail is, by rules.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include <sage/sage.hpp>

#include "triage/mail.hpp"

namespace triage {

enum class mail_kind : std::uint8_t { direct, list, spam };
SAGE_DESCRIBE_ENUM(mail_kind, direct, list, spam)

/// A mail, with what was found out about it.
struct verdict {
  std::string id;
  std::int64_t received_ms = 0;
  std::string sender;
  std::string subject;
  mail_kind kind = mail_kind::direct;
  std::int32_t points = 0;        ///< of the rules for spam
  std::uint64_t fingerprint = 0;  ///< the same for mails that differ in digits, spaces, punctuation and case only
};
SAGE_DESCRIBE(verdict, id, received_ms, sender, subject, kind, points, fingerprint)

/// The points that rules give a mail, above 0 for what speaks for spam.
[[nodiscard]] std::int32_t spam_points(const mail& one);

/// Spam is what has at least `spam_from` points.
[[nodiscard]] verdict classify(const mail& one, std::int32_t spam_from);

}  // namespace triage
