#include "ask/answerer.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "ask/limits.hpp"
#include "ask/text/blocks.hpp"
#include "ask/writing/prompt.hpp"
#include "sage/base/error.hpp"

namespace ask {

namespace {

constexpr std::size_t line_bytes_max = 64u << 10;

std::vector<evidence> evidence_of(const std::vector<found_passage>& passages, std::size_t count, term_finder& terms) {
  std::vector<evidence> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.emplace_back(passages[i].title, passages[i].section, passages[i].text, terms);
  }
  return all;
}

/// A model's text on a terminal: indented, and without what could command the terminal.
std::string for_terminal(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_c1 = byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (is_c1) ++at;
    if (is_c1 || byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t')) continue;
    out.push_back(text[at]);
    if (byte == '\n') out += "  ";
  }
  return out;
}

/// Shows the answer while it is being written.
class shown_writing final : public sage::chat_observer {
 public:
  using printer = std::function<void(std::string_view)>;

  shown_writing(std::vector<evidence> passages, term_finder& terms, printer print)
      : passages_(std::move(passages)), terms_(terms), print_(std::move(print)), reader_(passages_, terms_) {}

  void on_delta(const sage::chat_delta& piece) override {
    if (reader_.text().size() + piece.text.size() > limits::written_bytes_max) {
      throw sage::error(sage::errc::limit,
                        "the answer is longer than " + std::to_string(limits::written_bytes_max) + " bytes",
                        "chat model", "ask another model");
    }
    print(reader_.add(piece.text));
  }
  void on_restart() override {
    if (!reader_.text().empty()) print_("\n  (broken off: the model begins again)\n  ");
    reader_ = citation_reader(passages_, terms_);
  }
  [[nodiscard]] written_answer finish(const sage::chat_reply& reply) {
    print(reader_.finish());
    return {reader_.text(), reply.model, reply.finish != sage::finish_reason::stop, reader_.citations(),
            reader_.removed()};
  }

 private:
  void print(const std::string& text) {
    if (!text.empty()) print_(for_terminal(text));
  }

  std::vector<evidence> passages_;
  term_finder& terms_;
  printer print_;
  citation_reader reader_;
};

}  // namespace

answerer::answerer(const document_index& index, models& with, const sage::interruption& stop, answer_options how)
    : index_(index), models_(with), stop_(stop), how_(how) {}

void answerer::print(std::string_view text) {
  output_->write(text, -1).value();
}

void answerer::answer_line(std::string_view line) {
  const std::string_view question = line.substr(0, line.find('\t'));
  if (!question.empty() && question.front() != '#') answer(question);
}

void answerer::answer_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    answer_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<float> answerer::vector_of(std::string_view question) {
  const std::vector<std::string> texts{std::string(text::cut_utf8(text::trim(question), limits::question_bytes_max))};
  const auto model = models_.embedding();
  const auto vectors = driver_.run(model->embed(texts), stop_);
  if (vectors.size() != 1 || vectors.front().size() != index_.vectors->dimensions()) {
    throw sage::error(sage::errc::configuration, "gives other vectors than those of the index",
                      std::string(model->name()), "build the index again with this model");
  }
  return scaled_to_one(vectors.front(), model->name());
}

void answerer::write_answer(ask::answer& given) {
  const auto asked = make_prompt(given);
  const auto print_piece = [this](std::string_view text) {
    if (!how_.json) print(text);
  };
  shown_writing shown(evidence_of(given.passages, asked.passages, terms_), terms_, print_piece);
  const auto model = models_.chat();
  print_piece("Question: " + given.question + "\n  ");
  const auto reply = driver_.run(model->chat(asked.request, &shown), stop_);
  given.written = shown.finish(reply);
  print_piece("\n" + sources_text(given));
}

void answerer::answer(std::string_view question) {
  const bool has_words = text::trim(question).size() > 0;
  const auto how = has_words ? how_.how : retrieval::bm25;
  std::vector<float> vector;
  if (how != retrieval::bm25) vector = vector_of(question);
  auto given = answer_question(index_, question, vector, how, terms_, how_.passages);
  const bool is_written = models_.settings().chat.has_value() && !given.passages.empty();
  if (is_written) write_answer(given);
  if (how_.json) {
    print(to_json(given) + "\n");
  } else {
    print(is_written ? "\n" : to_text(given) + "\n");
  }
}

void answerer::answer_standard_input() {
  const auto input = sage::system_files().standard_input();
  std::string pending;
  char block[4096];
  while (!stop_.requested()) {
    if (!input->wait_readable(stop_.descriptor(), -1).value()) continue;
    const std::size_t count = input->read(block, sizeof block).value();
    if (count == 0) break;
    pending.append(block, count);
    const std::size_t complete = pending.rfind('\n');
    if (complete != std::string::npos) {
      answer_lines(std::string_view(pending).substr(0, complete));
      pending.erase(0, complete + 1);
    }
    if (pending.size() > line_bytes_max) {
      throw sage::error(sage::errc::limit, "a question is longer than " + std::to_string(line_bytes_max) + " bytes",
                        "stdin", "write one question per line");
    }
  }
  answer_lines(pending);
}

}  // namespace ask
