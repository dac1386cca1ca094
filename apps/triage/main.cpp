// triage: mails by kind, without copies, summed up per day, with alerts.
#include <string>
#include <vector>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "ordered_rows/in_order.hpp"
#include "triage/mail.hpp"
#include "triage/pipeline.hpp"

namespace {

// As a server would have logged them: by the time at which they came.
struct by_arrival : triage::mail {
  friend bool operator<(const by_arrival& a, const by_arrival& b) {
    return std::pair(a.received_ms, std::string_view(a.id)) < std::pair(b.received_ms, std::string_view(b.id));
  }
};

sage::error_policy policy(const sage::options& given) {
  return given.get<std::string>("on-error") == "drop" ? sage::drop : sage::fail;
}

void check_run(const sage::options& given) {
  if (given.get<std::string>("alerts").empty()) {
    throw sage::error(sage::errc::configuration, "is missing", "--alerts", "say where alerts go");
  }
}

sage::app app() {
  sage::app app("triage", "sorts mails into kinds, leaves copies out, sums up each day, and raises alerts");
  app.help(
      "'triage prepare' reads mails, one per file (RFC 5322), and writes them as JSON Lines in the order in which "
      "they\n"
      "were received. 'triage run' reads those, and writes two files of CSV, figures of each day and alerts:\n"
      "  day,kind,mails,senders,loudest,points\n"
      "  at,alert,about,mails\n"
      "Kinds are direct, list and spam, by rules. A copy of a mail that came within --copies days is left out of "
      "the\n"
      "figures. Alerts are 'wave' (mails alike) and 'spam_share' (a day of almost only spam).");
  app.example("triage prepare --input 'mails/*/*.txt' --output mails.jsonl", "a folder of mails, by time");
  app.example("triage run --input mails.jsonl --output days.csv --alerts alerts.csv", "what came, day by day");
  app.option<std::vector<std::string>>("input", "mails: files, folders or patterns; JSON Lines for run")
      .shown_as("PATH")
      .required();
  app.option<std::string>("output", "where figures, or prepared mails, go; - is stdout").shown_as("FILE").required();
  app.option<std::string>("alerts", "where alerts go").shown_as("FILE").fallback("");
  app.option<std::string>("zone", "the time zone whose days count").fallback("Europe/Dublin");
  app.option<std::uint32_t>("spam-from", "points from which on a mail is spam").fallback(4).between(1, 1000);
  app.option<std::uint32_t>("copies", "days within which a mail alike is a copy").fallback(7).between(1, 3650);
  app.option<std::uint32_t>("wave", "mails alike that are a wave").fallback(3).between(2, 1000);
  app.option<std::uint32_t>("wave-hours", "hours within which they come").fallback(24).between(1, 8760);
  app.option<double>("share", "share of spam of a day that is told of").fallback(0.8);
  app.option<std::uint32_t>("share-mails", "mails of a day from which on its share counts").fallback(10);
  app.option<std::uint32_t>("disorder", "seconds that a mail may come behind a newer one").fallback(3600);
  app.option<std::string>("on-error", "a broken mail fails the job, or is dropped and counted")
      .choices({"fail", "drop"})
      .fallback("fail");
  app.check(check_run);
  app.build([](sage::environment& env, const sage::options& given) {
    triage::settings wanted;
    wanted.spam_from = static_cast<std::int32_t>(given.get<std::uint32_t>("spam-from"));
    wanted.copies_days = given.get<std::uint32_t>("copies");
    wanted.wave_mails = given.get<std::uint32_t>("wave");
    wanted.wave_hours = given.get<std::uint32_t>("wave-hours");
    wanted.share = given.get<double>("share");
    wanted.share_mails = given.get<std::uint32_t>("share-mails");
    wanted.disorder_s = given.get<std::uint32_t>("disorder");
    wanted.zone = given.get<std::string>("zone");
    const auto mails =
        env.from_source(sage::file::json_lines<triage::mail>(given.get<std::vector<std::string>>("input"))
                            .on_bad_row(policy(given), "prepare mails with 'triage prepare'"))
            .name("mails")
            .parallelism(1);  // copies are found in the order in which mails came
    triage::declare(mails, wanted, given.get<std::string>("output"), given.get<std::string>("alerts"));
  });
  app.command("prepare", "writes mails as JSON Lines to the file of --output, by time")
      .build([](sage::environment& env, const sage::options& given) {
        auto mails = env.from_source(sage::file::documents(given.get<std::vector<std::string>>("input")))
                         .name("files")
                         .map([](const sage::file::document& file) { return by_arrival{triage::parse_mail(file)}; })
                         .name("mails");
        if (given.get<std::string>("on-error") == "drop") mails.on_error(sage::drop);
        mails.transform("by_arrival", [] { return std::make_unique<ordered_rows::in_order<by_arrival>>(); })
            .parallelism(1)
            .map([](by_arrival one) { return triage::mail(std::move(one)); })
            .sink(sage::file::json_lines_sink<triage::mail>(given.get<std::string>("output")))
            .name("output");
      });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
