#include "triage/classify.hpp"

#include <array>
#include <cctype>
#include <string_view>

namespace triage {

namespace {

struct phrase {
  std::string_view text;
  std::int32_t points;
};

// In small letters, of subject or body; each counts once.
constexpr std::array<phrase, 40> phrases{{
    {"click here", 3},
    {"unsubscribe", 1},
    {"to be removed", 4},
    {"remove me", 3},
    {"removed from", 2},
    {"dear friend", 3},
    {"100% free", 4},
    {"absolutely free", 4},
    {"free!", 2},
    {"guarantee", 2},
    {"money back", 3},
    {"make money", 4},
    {"home business", 3},
    {"work at home", 4},
    {"work from home", 4},
    {"mortgage", 4},
    {"credit card", 2},
    {"debt", 2},
    {"viagra", 5},
    {"weight", 2},
    {"lose weight", 2},
    {"insurance", 2},
    {"investment", 1},
    {"income", 2},
    {"limited time", 3},
    {"order now", 3},
    {"call now", 3},
    {"act now", 3},
    {"no obligation", 4},
    {"risk free", 3},
    {"special offer", 3},
    {"opportunity", 1},
    {"toll free", 2},
    {"adult", 2},
    {"xxx", 2},
    {"$$", 3},
    {"confidential", 2},
    {"million", 1},
    {"this is not spam", 4},
    {"adv:", 4},
}};

bool shouts(std::string_view subject) {
  int big = 0;
  int small = 0;
  for (const char c : subject) {
    if (c >= 'A' && c <= 'Z') ++big;
    if (c >= 'a' && c <= 'z') ++small;
  }
  return big >= 8 && big > small * 3;
}

int digits_of(std::string_view text) {
  int digits = 0;
  for (const char c : text) digits += c >= '0' && c <= '9' ? 1 : 0;
  return digits;
}

std::uint64_t fingerprint_of(const mail& one) {
  constexpr std::size_t letters_max = 2000;
  std::string letters;
  for (const std::string* text : {&one.subject, &one.body}) {
    for (const char c : *text) {
      if (letters.size() < letters_max && std::isalpha(static_cast<unsigned char>(c)) != 0) {
        letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
  }
  return sage::stable_hash(letters);
}

}  // namespace

std::int32_t spam_points(const mail& one) {
  constexpr std::int64_t two_days_ms = 2 * 86'400'000;
  const std::string text = small_letters(one.subject + "\n" + one.body);
  std::int32_t points = 0;
  for (const phrase& each : phrases) {
    if (text.find(each.text) != std::string::npos) points += each.points;
  }
  if (one.is_html) points += 4;
  if (shouts(one.subject)) points += 4;
  if (one.subject.find("!!") != std::string::npos) points += 3;
  if (one.subject.find('$') != std::string::npos) points += 3;
  if (one.subject.empty()) points += 1;
  if (digits_of(one.sender) >= 3) points += 3;
  // A clock that is days off, or no time at all, is that of a program that lies.
  if (!one.sent_ms || *one.sent_ms - one.received_ms > two_days_ms || one.received_ms - *one.sent_ms > two_days_ms) {
    points += 4;
  }
  if (small_letters(one.subject).starts_with("re:")) points -= 5;
  if (text.find(" wrote:") != std::string::npos || text.find("\n> ") != std::string::npos) points -= 4;
  if (one.is_list) points -= 3;
  return points;
}

verdict classify(const mail& one, std::int32_t spam_from) {
  verdict made{one.id,           one.received_ms,    one.sender, one.subject, mail_kind::direct,
               spam_points(one), fingerprint_of(one)};
  if (made.points >= spam_from) {
    made.kind = mail_kind::spam;
  } else if (one.is_list) {
    made.kind = mail_kind::list;
  }
  return made;
}

}  // namespace triage
