// What is read of a mail, and what the rules say of it.
#include "triage/mail.hpp"

#include <sage/sage.hpp>

#include "tests/catch.hpp"
#include "triage/classify.hpp"

using triage::mail;
using triage::parse_date;

namespace {

mail parsed(const std::string& text) {
  return triage::parse_mail({"mails/inbox/1.txt", text});
}

}  // namespace

TEST_CASE("dates of mails, as programs write them", "[triage]") {
  CHECK(parse_date("Thu, 22 Aug 2002 08:17:21 -0400 (EDT)") == 1'030'018'641'000);
  CHECK(parse_date("22 Aug 2002 12:17:21 GMT") == 1'030'018'641'000);
  CHECK(parse_date("Thu, 22 Aug 2002 05:17:21 PDT") == 1'030'018'641'000);
  CHECK(parse_date(" Thu, 22 Aug 2002 14:17:21 +0200\r") == 1'030'018'641'000);
  CHECK(parse_date("Thu, 22 Aug 2002 12:17 +0000") == 1'030'018'620'000);
  CHECK(parse_date("1 Jan 1970 00:00:00 somewhere") == 0);
  CHECK(parse_date("Not supplied") == std::nullopt);
  CHECK(parse_date("") == std::nullopt);
  CHECK(parse_date("Thu, 32 Aug 2002 08:17:21 -0400") == std::nullopt);
}

TEST_CASE("a mail's headers, folded and in any case; what servers say goes before what the sender claims",
          "[triage]") {
  const mail one = parsed(
      "From x@y  Thu Aug 22 13:17:22 2002\nReceived: from a by b\n\tfor <c>; Thu, 22 Aug 2002 08:17:21 -0400 (EDT)\n"
      "Received: from z by a; Thu, 22 Aug 2002 01:00:00 +0000\nFROM: \"A. Person\" <A.Person@Example.org>\n"
      "Subject: one\n two\nDate: Wed, 1 Jan 2020 00:00:00 +0000\nList-Id: <l.example>\nContent-Type: TEXT/HTML\n\n"
      "the body\n\nand more\n");
  CHECK(one.id == "inbox/1.txt");
  CHECK(one.received_ms == 1'030'018'641'000);
  CHECK(one.sent_ms == 1'577'836'800'000);
  CHECK(one.sender == "a.person@example.org");
  CHECK(one.subject == "one two");
  CHECK(one.is_list);
  CHECK(one.is_html);
  CHECK(one.body == "the body\n\nand more\n");
}

TEST_CASE("mails that lack things, or aren't text", "[triage]") {
  const mail bare = parsed("Date: Thu, 22 Aug 2002 12:17:21 GMT");
  CHECK(bare.received_ms == 1'030'018'641'000);
  CHECK(bare.sender.empty());
  CHECK(bare.body.empty());
  CHECK(parsed("Received: nowhere\nDate: 1 Jan 1970 00:00:01 GMT\n\n").received_ms == 1000);
  const mail latin = parsed("Date: 1 Jan 1970 00:00:00 GMT\nSubject: caf\xe9\n\n\xff\x01");
  CHECK(latin.subject == "caf\xc3\xa9");
  CHECK(latin.body == "\xc3\xbf\x01");
  CHECK(parsed("Date: 1 Jan 1970 00:00:00 GMT\n\n" + std::string(100'000, 'x')).body.size() == 4096);
  CHECK_THROWS_WITH(parsed("Subject: when?\n\nbody"),
                    Catch::Contains("no time in the headers") && Catch::Contains("mails/inbox/1.txt"));
  CHECK_THROWS_WITH(parsed(""), Catch::Contains("no time"));
  CHECK(triage::parse_mail({"1.txt", "Date: 1 Jan 1970 00:00:00 GMT\n\n"}).id == "1.txt");
}

TEST_CASE("kinds by rules; what differs in digits and case only is alike", "[triage]") {
  mail spam{"a/1", 1000, std::nullopt, "x123@y", "MAKE MONEY NOW!!", false, true, "Click here, absolutely free"};
  const triage::verdict judged = triage::classify(spam, 4);
  CHECK(judged.kind == triage::mail_kind::spam);
  CHECK(judged.points >= 20);
  mail answer{"a/2", 1000, 900, "a@b", "Re: lunch", false, false, "On Monday A wrote:\n> lunch?\nYes."};
  CHECK(triage::classify(answer, 4).kind == triage::mail_kind::direct);
  answer.is_list = true;
  CHECK(triage::classify(answer, 4).kind == triage::mail_kind::list);
  CHECK(triage::classify(answer, -100).kind == triage::mail_kind::spam);
  mail copy = spam;
  copy.subject = "make money 42 now";
  CHECK(triage::classify(copy, 4).fingerprint == judged.fingerprint);
  copy.body += " more";
  CHECK(triage::classify(copy, 4).fingerprint != judged.fingerprint);
}
