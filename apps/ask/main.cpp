// ask: reads a folder of documents, builds an index as one parallel pipeline, answers questions from it.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "ask/answer.hpp"
#include "ask/pipeline.hpp"
#include "ask/terms.hpp"
#include "sage/app/text_files.hpp"
#include "sage/base/file_system.hpp"

namespace {

constexpr std::size_t questions_bytes_max = 16u << 20;
constexpr std::size_t question_bytes_max = 64u << 10;

// Answers one question after the other and prints each answer as soon as it is there.
class answerer {
 public:
  answerer(const ask::passage_index& index, const sage::options& given)
      : index_(index), json_(given.get<bool>("json")), count_(given.get<std::size_t>("top")) {}

  /// Answers the question of one line. A file of questions may hold what is expected behind a tab, and remarks.
  void answer_line(std::string_view line) {
    const std::string_view question = line.substr(0, line.find('\t'));
    if (!question.empty() && question.front() != '#') answer(question);
  }

  void answer(std::string_view question) {
    const auto given = ask::answer_question(index_, question, terms_, count_);
    const std::string text = (json_ ? ask::to_json(given) : ask::to_text(given)) + "\n";
    output_->write(text, -1).value();
  }

 private:
  const ask::passage_index& index_;
  bool json_;
  std::size_t count_;
  ask::term_finder terms_;
  std::unique_ptr<sage::writable_file> output_ = sage::system_files().standard_output();
};

void answer_lines(std::string_view text, answerer& to) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    to.answer_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Answers line by line what is typed or piped, until the input ends or the user wants to stop.
void answer_standard_input(answerer& to, const sage::interruption& stop) {
  const auto input = sage::system_files().standard_input();
  std::string pending;
  char block[4096];
  while (!stop.requested()) {
    if (!input->wait_readable(stop.descriptor(), -1).value()) continue;
    const std::size_t count = input->read(block, sizeof block).value();
    if (count == 0) break;
    pending.append(block, count);
    const std::size_t complete = pending.rfind('\n');
    if (complete != std::string::npos) {
      answer_lines(std::string_view(pending).substr(0, complete), to);
      pending.erase(0, complete + 1);
    }
    if (pending.size() > question_bytes_max) {
      throw sage::error(sage::errc::limit,
                        "a question is longer than " + std::to_string(question_bytes_max) + " bytes", "stdin",
                        "write one question per line");
    }
  }
  answer_lines(pending, to);
}

// The question, or the file of questions, that the options give; nothing when questions come from stdin.
std::string questions_of(const sage::options& given) {
  const auto question = given.get<std::string>("question");
  if (given.is_given("question") && given.is_given("questions")) {
    throw sage::error(sage::errc::configuration, "--question and --questions are both given", "", "give one of them");
  }
  if (given.is_given("question") && question.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw sage::error(sage::errc::configuration, "the question is empty", "--question",
                      "write what you want to know, or leave --question out to be asked on stdin");
  }
  if (!given.is_given("questions")) return question;
  return sage::apps::read_text_file(given.get<std::string>("questions"), questions_bytes_max).value();
}

void report(const sage::job_result& done, const ask::passage_index& index) {
  const auto read = done.metrics.total("documents").records_out;
  const auto dropped = done.metrics.total("passages").dropped;
  std::fprintf(stderr, "ask: %u passages of %llu documents in %.1f s", index.passages(),
               static_cast<unsigned long long>(read - dropped), done.seconds);
  if (dropped > 0) std::fprintf(stderr, "; %llu files hold no text", static_cast<unsigned long long>(dropped));
  std::fputc('\n', stderr);
}

sage::app app() {
  sage::app app("ask", "answers questions from a folder of documents");
  app.help(
      "Reads text, Markdown, HTML and manual pages, packed with gzip or not, splits them into passages and\n"
      "builds an index (BM25), all in one parallel pipeline. Then it answers: the best passages, what they say\n"
      "in a few sentences, and where that stands. Without --question and --questions, the questions are read\n"
      "from stdin, one per line. Files that hold no text are left out and counted.");
  app.example("ask run --docs /usr/share/doc --question \"How do I list open files?\"", "answers one question");
  app.example("ask run --docs manuals --questions questions.txt --json", "answers many, one JSON object per line");
  app.option<std::vector<std::string>>("docs", "folders, files or patterns to read").shown_as("DIR").required();
  app.option<std::string>("question", "what you want to know").shown_as("TEXT").fallback("");
  app.option<std::string>("questions", "a file with one question per line").shown_as("FILE").fallback("");
  app.option<bool>("json", "answers as JSON, one object per line");
  app.option<std::size_t>("top", "passages per answer").between(1, 100).fallback(3);
  // Read before the documents are, which may take a while: a file that isn't there is told of at once.
  auto questions = std::make_shared<std::string>();
  app.check([questions](const sage::options& given) { *questions = questions_of(given); });
  auto index = std::make_shared<ask::passage_index>();
  app.build([index](sage::environment& env, const sage::options& given) {
    ask::declare_index(env, given.get<std::vector<std::string>>("docs"), index);
  });
  app.finish(
      [index, questions](const sage::job_result& done, const sage::options& given, const sage::interruption& stop) {
        report(done, *index);
        answerer answers(*index, given);
        if (given.is_given("question")) {
          answers.answer(*questions);
        } else if (given.is_given("questions")) {
          answer_lines(*questions, answers);
        } else {
          answer_standard_input(answers, stop);
        }
      });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
