/// Answers questions one after the other and prints each answer as it comes.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "ask/answer.hpp"
#include "ask/index/document_index.hpp"
#include "ask/models/models.hpp"
#include "ask/models/task_driver.hpp"
#include "ask/terms.hpp"
#include "sage/base/file_system.hpp"

namespace ask {

/// How answers are found and printed.
struct answer_options {
  retrieval how = retrieval::bm25;
  std::size_t passages = 3;
  bool json = false;
};

/// Writes to stdout: without a chat model the best passages with their extracts, with one its answer as it is being
/// written, then the sources. As JSON one line per question, when it is whole.
///
/// Fails  with what the models fail with; errc::cancelled when the user wants to stop
class answerer {
 public:
  /// All outlive the answerer.
  answerer(const document_index& index, models& with, const sage::interruption& stop, answer_options how);

  /// Answers the question of one line. A file of questions may hold what is expected behind a tab, and remarks.
  void answer_line(std::string_view line);
  void answer_lines(std::string_view text);
  void answer(std::string_view question);
  /// Answers line by line what is typed or piped, until the input ends or the user wants to stop.
  void answer_standard_input();

 private:
  [[nodiscard]] std::vector<float> vector_of(std::string_view question);
  void write_answer(ask::answer& given);
  void print(std::string_view text);

  const document_index& index_;
  models& models_;
  const sage::interruption& stop_;
  answer_options how_;
  term_finder terms_;
  task_driver driver_;
  std::unique_ptr<sage::writable_file> output_ = sage::system_files().standard_output();
};

}  // namespace ask
