// ask: reads a folder of documents, builds an index as one parallel pipeline, answers questions from it.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "ask/answerer.hpp"
#include "ask/pipeline.hpp"
#include "ask/storage/index_folder.hpp"
#include "sage/app/environment_variables.hpp"
#include "sage/app/text_files.hpp"

namespace {

constexpr std::size_t questions_bytes_max = 16u << 20;

sage::error misused(std::string what, const char* where, std::string advice) {
  return {sage::errc::configuration, std::move(what), where, std::move(advice)};
}

// The question, or the file of questions, that the options give; nothing when questions come from stdin.
std::string questions_of(const sage::options& given) {
  const auto question = given.get<std::string>("question");
  if (given.is_given("question") && given.is_given("questions")) {
    throw misused("--question and --questions are both given", "", "give one of them");
  }
  if (given.is_given("question") && question.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw misused("the question is empty", "--question",
                  "write what you want to know, or leave --question out to be asked on stdin");
  }
  if (!given.is_given("questions")) return question;
  return sage::apps::read_text_file(given.get<std::string>("questions"), questions_bytes_max).value();
}

// What one run makes on its way from the options to the answers.
struct session {
  std::string questions;
  std::shared_ptr<ask::models> models;
  std::shared_ptr<ask::passage_index> read = std::make_shared<ask::passage_index>();     // from documents
  std::shared_ptr<ask::document_index> index = std::make_shared<ask::document_index>();  // whole

  void read_models(const sage::options& given, const std::string& kept_model) {
    models = std::make_shared<ask::models>(ask::read_model_settings(given, sage::apps::sage_variables(), kept_model));
  }
};

std::vector<std::string> folders_of(const sage::options& given) {
  return given.get<std::vector<std::string>>("docs");
}

void check_index(session& its, const sage::options& given) {
  if (folders_of(given).empty()) throw misused("the documents are missing", "--docs", "name what to read");
  if (given.get<std::string>("index").empty()) {
    throw misused("the folder of the index is missing", "--index", "name where the index is to be kept");
  }
  its.read_models(given, {});
}

// What has to be known before anything is read, which may take a while: a file that isn't there is told of at once.
void check_run(session& its, const sage::options& given) {
  const auto folder = given.get<std::string>("index");
  if (folders_of(given).empty() && folder.empty()) {
    throw misused("neither documents nor an index are given", "--docs",
                  "name documents to read, or with --index what 'ask index' has kept");
  }
  if (!folders_of(given).empty() && !folder.empty()) {
    throw misused("--docs and --index are both given", "",
                  "give --index alone to ask a kept index; 'ask index' reads documents into one");
  }
  its.questions = questions_of(given);
  std::string kept_model;
  if (!folder.empty()) {
    const auto kept = ask::read_manifest(folder).value();
    if (kept.vectors) kept_model = kept.vectors->model;
  }
  its.read_models(given, kept_model);
  const auto& embedding = its.models->settings().embedding;
  if (!folder.empty() && embedding && embedding->model != kept_model) {
    throw misused(kept_model.empty() ? "the index has no vectors"
                                     : "the index has vectors of " + kept_model + ", not of " + embedding->model,
                  "--embedding-model", "build the index with this model, or leave the model out");
  }
  if (given.get<std::string>("retrieval") != "bm25" && given.is_given("retrieval") && !embedding) {
    throw misused("needs an embedding model", "--retrieval", "give --embedding-url and --embedding-model");
  }
}

void report(const sage::job_result& done, const ask::document_index& index) {
  const auto read = done.metrics.total("documents").records_out;
  const auto dropped = done.metrics.total("passages").dropped;
  std::fprintf(stderr, "ask: %u passages of %llu documents in %.1f s", index.texts.passages(),
               static_cast<unsigned long long>(read - dropped), done.seconds);
  if (dropped > 0) std::fprintf(stderr, "; %llu files hold no text", static_cast<unsigned long long>(dropped));
  std::fputc('\n', stderr);
}

void report_kept(const sage::job_result& done, const ask::document_index& index, bool uses_vectors) {
  std::fprintf(stderr, "ask: %u passages of %u documents in %.1f s\n", index.texts.passages(),
               index.texts.documents(), done.seconds);
  if (index.vectors && !uses_vectors) {
    std::fprintf(stderr, "ask: the vectors of %s are left aside: --embedding-url says where to reach it\n",
                 index.embedding_model.c_str());
  }
}

std::string embedding_name(const session& its) {
  const auto& embedding = its.models->settings().embedding;
  return embedding ? embedding->model : std::string();
}

void keep(session& its, const sage::job_result& done, const sage::options& given) {
  *its.index = ask::finish_index(std::move(*its.read), embedding_name(its));
  report(done, *its.index);
  const auto folder = given.get<std::string>("index");
  const auto kept = ask::write_index(folder, *its.index).value();
  const auto vectors = kept.vectors ? kept.vectors->file.bytes : 0;
  std::fprintf(stderr, "ask: kept in %s: %llu bytes of passages, %llu of vectors\n", folder.c_str(),
               static_cast<unsigned long long>(kept.texts.bytes), static_cast<unsigned long long>(vectors));
}

void answer(session& its, const sage::job_result& done, const sage::options& given, const sage::interruption& stop) {
  const bool has_model = its.models->settings().embedding.has_value();
  if (given.get<std::string>("index").empty()) {
    *its.index = ask::finish_index(std::move(*its.read), embedding_name(its));
    report(done, *its.index);
  } else {
    report_kept(done, *its.index, has_model);
  }
  ask::answer_options how;
  how.json = given.get<bool>("json");
  how.passages = given.get<std::size_t>("top");
  // An index of nothing has no vectors either.
  const bool has_vectors = its.index->vectors && has_model;
  how.how = has_vectors ? ask::retrieval_of(given.get<std::string>("retrieval")) : ask::retrieval::bm25;
  ask::answerer answers(*its.index, *its.models, stop, how);
  if (given.is_given("question")) {
    answers.answer(its.questions);
  } else if (given.is_given("questions")) {
    answers.answer_lines(its.questions);
  } else {
    answers.answer_standard_input();
  }
}

void declare_options(sage::app& app) {
  app.option<std::vector<std::string>>("docs", "folders, files or patterns to read").shown_as("DIR");
  app.option<std::string>("index", "folder where the index is kept").shown_as("DIR").fallback("");
  app.option<std::string>("question", "what you want to know").shown_as("TEXT").fallback("");
  app.option<std::string>("questions", "a file with one question per line").shown_as("FILE").fallback("");
  app.option<bool>("json", "answers as JSON, one object per line");
  app.option<std::size_t>("top", "passages per answer").between(1, 100).fallback(3);
  app.option<std::string>("retrieval", "how passages are found when there are vectors")
      .choices({"bm25", "vectors", "hybrid"})
      .fallback("hybrid");
  ask::declare_model_options(app);
}

sage::app app() {
  sage::app app("ask", "answers questions from a folder of documents");
  app.help(
      "Reads text, Markdown, HTML and manual pages, packed with gzip or not, splits them into passages and\n"
      "builds an index (BM25), all in one parallel pipeline. Then it answers: the best passages, what they say\n"
      "in a few sentences, and where that stands. Without --question and --questions, the questions are read\n"
      "from stdin, one per line. Files that hold no text are left out and counted.\n"
      "\n"
      "'ask index' keeps the index, 'ask run --index' answers from it. With an embedding model passages are\n"
      "found by their meaning, too; with a chat model it writes an answer that cites them. Keys come from the\n"
      "environment: SAGE_API_KEY, and SAGE_EMBEDDING_API_KEY where embeddings are another host's.");
  app.example("ask run --docs /usr/share/doc --question \"How do I list open files?\"", "answers one question");
  app.example("ask run --docs manuals --questions questions.txt --json", "answers many, one JSON object per line");
  app.example("ask index --docs manuals --index manuals.index", "keeps the index");
  app.example("ask run --index manuals.index --model-url http://127.0.0.1:11434/v1 --model llama3",
              "lets a model of this machine write the answers");
  declare_options(app);
  const auto its = std::make_shared<session>();
  app.check([its](const sage::options& given) { check_run(*its, given); });
  app.build([its](sage::environment& env, const sage::options& given) {
    const auto folder = given.get<std::string>("index");
    if (folder.empty()) {
      ask::declare_index(env, folders_of(given), its->models, its->read);
    } else {
      ask::declare_kept_index(env, folder, its->index);
    }
  });
  app.finish([its](const sage::job_result& done, const sage::options& given, const sage::interruption& stop) {
    answer(*its, done, given, stop);
  });
  app.command("index", "reads the documents and keeps their index in the folder of --index")
      .check([its](const sage::options& given) { check_index(*its, given); })
      .build([its](sage::environment& env, const sage::options& given) {
        ask::declare_index(env, folders_of(given), its->models, its->read);
      })
      .finish([its](const sage::job_result& done, const sage::options& given, const sage::interruption&) {
        keep(*its, done, given);
      });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
