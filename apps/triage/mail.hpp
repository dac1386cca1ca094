/// Mails as a mail server keeps them, and what is read of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sage/sage.hpp>

namespace triage {

struct mail {
  std::string id;                       ///< where it was found: folder and file
  std::int64_t received_ms = 0;         ///< when the last server on its way took it, which is to be trusted
  std::optional<std::int64_t> sent_ms;  ///< what its sender claims; nothing when that is no time
  std::string sender;                   ///< the address, in small letters
  std::string subject;
  bool is_list = false;  ///< sent to a mailing list
  bool is_html = false;
  std::string body;  ///< its first 4 KiB, as UTF-8
};
SAGE_DESCRIBE(mail, id, received_ms, sent_ms, sender, subject, is_list, is_html, body)

/// The time that an RFC 5322 date says ("Thu, 22 Aug 2002 08:17:21 -0400 (EDT)"), in milliseconds since the Unix
/// epoch; nothing for what is none. A zone that isn't known counts as UTC, as RFC 5322 wants.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

/// Letters of ASCII as small ones; other bytes as they are.
[[nodiscard]] std::string small_letters(std::string_view text);

/// Reads one mail (RFC 5322: headers, a blank line, the body). Bytes that are no UTF-8 count as Latin-1. Throws
/// errc::parse for a text without any time of its own.
[[nodiscard]] mail parse_mail(const sage::file::document& file);

}  // namespace triage
