// What the programs print as JSON, against the schemas of docs/formats.
#include <fstream>
#include <functional>
#include <sstream>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "sage/testing/scripted_chat_server.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using json = nlohmann::json;
using texts = std::vector<std::string>;

namespace {

/// A schema of docs/formats.
class schema {
 public:
  explicit schema(const std::string& name) {
    std::ifstream file(std::string(SAGE_SOURCE_DIR) + "/docs/formats/" + name + ".schema.json");
    REQUIRE(file.good());
    text_ = json::parse(file);
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text_), schema_);
  }

  /// What is wrong with `document`; empty when nothing is.
  [[nodiscard]] std::string problem_of(const json& document) const {
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), &results)) return {};
    std::string all = "invalid:";
    valijson::ValidationResults::Error one;
    while (results.popError(one)) {
      for (const std::string& step : one.context) all += " " + step;
      all += ": " + one.description + ";";
    }
    return all;
  }

  [[nodiscard]] const json& text() const { return text_; }

 private:
  json text_;
  valijson::Schema schema_;
};

// A document that is right must be wrong without any of its members, with one more, and as another version; at the
// top, and in the first element of each list of objects.
void check_that_it_can_fail(const schema& wanted, const json& document) {
  const json& required = wanted.text().at("required");
  for (const auto& name : required) {
    json broken = document;
    broken.erase(name.get<std::string>());
    CHECK(!wanted.problem_of(broken).empty());
  }
  json broken = document;
  broken["version"] = 2;
  CHECK(!wanted.problem_of(broken).empty());
  for (const auto& [key, list] : document.items()) {
    if (!list.is_array() || list.empty() || !list.at(0).is_object()) continue;
    CAPTURE(key);
    json more = document;
    more[key][0]["no such member"] = 1;
    CHECK(!wanted.problem_of(more).empty());
    json less = document;
    less[key][0].erase(less[key][0].begin());
    CHECK(!wanted.problem_of(less).empty());
  }
}

std::string small_log(const scratch_folder& folder) {
  return folder.write("in.csv",
                      "service,level,status,duration_ms,bytes\na,info,200,1,2\nb,info,200,1,2\nb,loud,1,1,1\n");
}

TEST_CASE("metrics of a job that is done and of one that failed are as their schema says", "[system][formats]") {
  const schema wanted("metrics");
  const scratch_folder folder;
  const std::string input = small_log(folder);
  for (const char* policy : {"fail", "drop"}) {
    for (const char* engine : {"actors", "reference"}) {
      CAPTURE(policy, engine);
      const finished_process ended =
          run("log_stats", {"run", "--input", input, "--output", "/dev/null", "--on-error", policy, "--engine",
                            engine, "--metrics", folder.path("m.json"), "--parallelism", "2"});
      CHECK(ended.exit_code == (std::string(policy) == "fail" ? 1 : 0));
      const json metrics = json::parse(folder.read("m.json"));
      CHECK(wanted.problem_of(metrics) == "");
      CHECK(metrics.at("state") == (std::string(policy) == "fail" ? "failed" : "done"));
      check_that_it_can_fail(wanted, metrics);
    }
  }
}

TEST_CASE("plans are as their schema says, explained or not, before and after each pass", "[system][formats]") {
  const schema wanted("graph");
  const scratch_folder folder;
  const std::string csv = small_log(folder);
  const std::string lines = folder.write("in.jsonl", "");
  const std::vector<std::pair<std::string, texts>> calls{
      {"word_count", {"--input", csv, "--output", "-"}},
      {"log_stats", {"--input", csv, lines, "--output", "-", "--parallelism", "4"}},
      {"ask", {"--docs", csv}},
  };
  for (const auto& [program, arguments] : calls) {
    for (const texts& more : {texts{}, {"--explain"}, {"--no-fusion"}}) {
      CAPTURE(program, more);
      texts all{"graph", "--format", "json"};
      all.insert(all.end(), more.begin(), more.end());
      all.insert(all.end(), arguments.begin(), arguments.end());
      const finished_process ended = run(program, all);
      REQUIRE(ended.exit_code == 0);
      const json plan = json::parse(ended.out);
      CHECK(wanted.problem_of(plan) == "");
      CHECK(plan.contains("passes") == (more == texts{"--explain"}));
      check_that_it_can_fail(wanted, plan);
    }
  }
}

TEST_CASE("answers are as their schema says, found or not", "[system][formats]") {
  const schema wanted("answer");
  const std::string documents = std::string(SAGE_SOURCE_DIR) + "/tests/ask/documents";
  const finished_process ended = run("ask", {"run", "--json", "--docs", documents, "--questions",
                                             std::string(SAGE_SOURCE_DIR) + "/tests/ask/document_questions.txt"});
  const finished_process nothing = run("ask", {"run", "--json", "--docs", documents, "--question", "xyzzy"});
  std::istringstream lines(ended.out + nothing.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json answer = json::parse(line);
    CHECK(wanted.problem_of(answer) == "");
    check_that_it_can_fail(wanted, answer);
  }
  CHECK(count > 5);
}

TEST_CASE("answers that a model wrote are as their schema says, too", "[system][formats]") {
  const schema wanted("answer");
  scripted_chat_server server;
  server.reply(scripted_reply::text("The port is 4711 [1], not 5432 [2], see [9]."));
  const finished_process ended = run(
      "ask", {"run", "--json", "--docs", std::string(SAGE_SOURCE_DIR) + "/tests/ask/documents", "--question",
              "Which port does the server listen on?", "--model-url", server.endpoint().base_url, "--model", "a"});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  const json answer = json::parse(ended.out);
  CHECK(wanted.problem_of(answer) == "");
  CHECK(answer.at("answer").at("citations").size() == 2);
  check_that_it_can_fail(wanted, answer);
  json broken = answer;
  broken["answer"]["citations"][0].erase("claim");
  CHECK(wanted.problem_of(broken) != "");
}

TEST_CASE("log lines are as their schema says, also of what went wrong", "[system][formats]") {
  const schema wanted("log_line");
  const scratch_folder folder;
  const std::string input = small_log(folder);
  for (const char* policy : {"fail", "drop"}) {
    const finished_process ended = run("log_stats",
                                       {"run", "--input", input, "--output", "/dev/null", "--on-error", policy,
                                        "--log-format", "json", "--log-level", "trace"},
                                       {{"SAGE_BATCHSIZE", "1"}});
    std::istringstream lines(ended.err);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      CAPTURE(line);
      const json parsed = json::parse(line);
      CHECK(wanted.problem_of(parsed) == "");
      check_that_it_can_fail(wanted, parsed);
    }
    CHECK(count == 4);  // a doubtful variable, the beginning, the end, what went wrong
  }
}

}  // namespace
