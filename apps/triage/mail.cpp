#include "triage/mail.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <utility>
#include <vector>

#include <sage/base/utf8.hpp>

namespace triage {

namespace {

constexpr std::size_t body_bytes_max = 4096;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string as_utf8(std::string_view bytes) {
  if (sage::is_utf8(bytes)) return std::string(bytes);
  std::string made;
  for (const char c : bytes) sage::append_utf8(made, static_cast<unsigned char>(c));
  return made;
}

// The header fields in their order, names in small letters, folded lines joined.
std::vector<std::pair<std::string, std::string>> fields_of(std::string_view head) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
      if (!fields.empty()) fields.back().second.append(" ").append(trimmed(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, 5) == "From ") continue;
    fields.emplace_back(small_letters(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  return fields;
}

// "A. Person <a@b.c>" and "a@b.c (A. Person)" are a@b.c.
std::string address_of(std::string_view from) {
  const std::size_t open = from.rfind('<');
  if (open != std::string_view::npos) {
    from.remove_prefix(open + 1);
    return small_letters(trimmed(from.substr(0, from.find('>'))));
  }
  return small_letters(trimmed(from.substr(0, from.find(" ("))));
}

// Minutes east of UTC.
int zone_minutes(std::string_view zone) {
  static constexpr std::array<std::pair<std::string_view, int>, 8> names{{{"EST", -300},
                                                                          {"EDT", -240},
                                                                          {"CST", -360},
                                                                          {"CDT", -300},
                                                                          {"MST", -420},
                                                                          {"MDT", -360},
                                                                          {"PST", -480},
                                                                          {"PDT", -420}}};
  for (const auto& [name, minutes] : names) {
    if (zone.substr(0, 3) == name) return minutes;
  }
  const auto digit = [&](std::size_t i) { return zone[i] - '0'; };
  const auto are_digits = [&] {
    return zone.size() >= 5 &&
           std::all_of(zone.begin() + 1, zone.begin() + 5, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (zone.empty() || (zone.front() != '+' && zone.front() != '-') || !are_digits()) return 0;
  const int minutes = (digit(1) * 10 + digit(2)) * 60 + digit(3) * 10 + digit(4);
  return zone.front() == '-' ? -minutes : minutes;
}

}  // namespace

std::string small_letters(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return made;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  const std::string date(trimmed(text));
  for (const char* format : {"%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M", "%d %b %Y %H:%M"}) {
    std::tm parts{};
    const char* const rest = ::strptime(date.c_str(), format, &parts);
    if (rest == nullptr) continue;
    return (static_cast<std::int64_t>(::timegm(&parts)) - zone_minutes(trimmed(rest)) * 60) * 1000;
  }
  return std::nullopt;
}

mail parse_mail(const sage::file::document& file) {
  const std::string_view text = file.bytes;
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  mail made;
  const std::size_t folder = file.path.rfind('/', file.path.rfind('/') - 1);
  made.id = file.path.rfind('/') == std::string::npos || folder == std::string::npos ? file.path
                                                                                     : file.path.substr(folder + 1);
  std::optional<std::int64_t> received;
  for (const auto& [name, value] : fields_of(text.substr(0, end))) {
    // Servers write above what is there: the first one is the last on the way.
    if (name == "received" && !received) received = parse_date(std::string_view(value).substr(value.rfind(';') + 1));
    if (name == "date" && !made.sent_ms) made.sent_ms = parse_date(value);
    if (name == "from") made.sender = as_utf8(address_of(value));
    if (name == "subject") made.subject = as_utf8(value);
    if (name == "list-id" || name == "list-post" || name == "mailing-list") made.is_list = true;
    if (name == "content-type" && small_letters(value).starts_with("text/html")) made.is_html = true;
  }
  if (!received) received = made.sent_ms;
  if (!received) {
    throw sage::error(sage::errc::parse, "no time in the headers", file.path,
                      "a mail has a Received or a Date header; leave such files out with --on-error drop");
  }
  made.received_ms = *received;
  made.body = as_utf8(text.substr(std::min(text.size(), end + 2), body_bytes_max));
  return made;
}

}  // namespace triage
