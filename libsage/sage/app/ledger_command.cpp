#include "sage/app/ledger_command.hpp"

#include <algorithm>
#include <future>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/base/file_system.hpp"
#include "sage/llm/http/http_client.hpp"
#include "sage/model/json.hpp"
#include "sage/runtime/checkpoint/checkpoint_store.hpp"

namespace sage::apps {

/// One operator, as the operations endpoint and checkpoints say it.
struct ledger_row {
  std::string name;
  std::string kind;
  std::uint64_t records_in = 0;
  std::uint64_t records_out = 0;
  std::uint64_t restored = 0;
  std::uint64_t passed = 0;
  std::uint64_t filtered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t gone = 0;
  std::uint64_t late = 0;
  std::uint64_t held = 0;
};
SAGE_DESCRIBE(ledger_row, name, kind, records_in, records_out, restored, passed, filtered, dropped, dead_lettered,
              gone, late, held)

struct ledger_page {
  std::string job;
  std::string state;
  std::vector<ledger_row> operators;
};
SAGE_DESCRIBE(ledger_page, job, state, operators)

namespace {

const char* const usage = "write sage ledger --at HOST:PORT, or sage ledger --checkpoint DIR";

[[noreturn]] void refuse(const std::string& what) {
  throw error(errc::configuration, what, {}, usage);
}

// The body of a small answer, from the client's thread to ours.
class answer final : public llm::http_listener {
 public:
  void on_head(std::uint32_t, const llm::http_headers&) override {}
  llm::body_verdict on_body(std::string_view bytes) override {
    body_ += bytes;
    return llm::body_verdict::more;
  }
  void on_done(const llm::http_outcome& outcome) override { done_.set_value(outcome); }

  std::string wait(const std::string& place) {
    const llm::http_outcome outcome = done_.get_future().get();
    if (outcome.failure != llm::http_failure::none) {
      throw error(errc::io, outcome.text, place, "is the job running, with --operations?");
    }
    if (outcome.status != 200) {
      throw error(errc::io, "answers with status " + std::to_string(outcome.status), place,
                  "is this the operations endpoint of a job?");
    }
    return body_;
  }

 private:
  std::string body_;
  std::promise<llm::http_outcome> done_;
};

ledger_page page_at(const std::string& place) {
  llm::http_client_options options;
  options.proxy = "";  // operations endpoints are near
  llm::http_client client(std::move(options));
  llm::http_request request;
  request.method = "GET";
  request.url = "http://" + place + "/v1/ledger";
  request.total_timeout_ms = 10'000;
  const auto heard = std::make_shared<answer>();
  client.start(std::move(request), heard);
  auto page = from_json<ledger_page>(heard->wait(place));
  if (!page) throw error(errc::parse, "what came is no ledger: " + page.error().message(), place);
  return *std::move(page);
}

ledger_page page_of(const std::string& directory) {
  require_directory(directory, "checkpoints");
  runtime::checkpoint_store store(system_files(), directory);
  std::vector<error> passed_over;
  const runtime::restored_ptr found = runtime::find_checkpoint(store, std::nullopt, passed_over);
  if (!found) throw error(errc::not_found, "there is no checkpoint", directory);
  const runtime::manifest& content = found->content();
  ledger_page page;
  page.job = content.job;
  page.state = "checkpoint " + std::to_string(content.epoch) + " of " + utc_text(content.taken_at_ms);
  for (const runtime::manifest_operator& one : content.operators) {
    const runtime::operator_books& its = one.books;
    page.operators.push_back({one.name, one.kind, its.in, its.out, its.restored, its.passed, its.filtered,
                              its.dropped, its.dead, its.gone, its.late, its.held});
  }
  return page;
}

std::string render(const ledger_page& page, bool& good) {
  std::string text = page.job + ", " + page.state + "\n";
  text +=
      "OPERATOR            KIND          IN          RESTORED  PASSED      FILTERED    DROPPED   DEAD      GONE    "
      "  LATE      HELD      OUT         BALANCE\n";
  for (const ledger_row& row : page.operators) {
    const bool is_source = row.records_in == 0 && row.restored == 0 && row.passed == 0 && row.kind != "sink";
    const std::uint64_t before = row.records_in + row.restored;
    const std::uint64_t behind =
        row.passed + row.filtered + row.dropped + row.dead_lettered + row.gone + row.late + row.held;
    const bool balances = is_source || before == behind;
    good = good && balances;
    const auto number = [](std::uint64_t value, std::size_t width) { return padded(std::to_string(value), width); };
    text +=
        padded(row.name, 20) + padded(row.kind, 14) + number(row.records_in, 12) + number(row.restored, 10) +
        number(row.passed, 12) + number(row.filtered, 12) + number(row.dropped, 10) + number(row.dead_lettered, 10) +
        number(row.gone, 10) + number(row.late, 10) + number(row.held, 10) + number(row.records_out, 12) +
        (balances ? "ok" : "WRONG: " + std::to_string(before) + " in, " + std::to_string(behind) + " accounted for") +
        "\n";
  }
  return text;
}

}  // namespace

command_outcome ledger_command(std::span<const std::string> arguments) {
  if (arguments.empty()) refuse("whose books is missing");
  const std::string& option = arguments[0];
  if (option != "--at" && option != "--checkpoint") refuse("unexpected argument '" + option.substr(0, 80) + "'");
  if (arguments.size() < 2) refuse("the value behind '" + option + "' is missing");
  if (arguments.size() > 2) refuse("unexpected argument '" + arguments[2].substr(0, 80) + "'");
  const ledger_page page = option == "--at" ? page_at(arguments[1]) : page_of(arguments[1]);
  command_outcome outcome;
  outcome.text = render(page, outcome.good);
  return outcome;
}

}  // namespace sage::apps
