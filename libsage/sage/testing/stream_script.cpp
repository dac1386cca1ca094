#include "sage/testing/stream_script.hpp"

#include <algorithm>
#include <charconv>

#include "sage/base/error.hpp"

namespace sage::testing {

namespace {

constexpr std::string_view separators = " ,\t\n";
constexpr std::string_view marks = "/|!@'";

class script_parser {
 public:
  explicit script_parser(std::string_view script) : script_(script) {}

  std::vector<script_step> run() {
    for (skip_separators(); at_ < script_.size(); skip_separators()) {
      if (ended_) fail(at_, "something follows the end of the stream");
      switch (script_[at_]) {
        case '/': add_mark(script_step::kind::boundary); break;
        case '|':
          add_mark(script_step::kind::end);
          ended_ = true;
          break;
        case '!': fail(at_, "'!' (crash and restore) is reserved; operators have no snapshots yet");
        case '@': fail(at_, "an event time without a record");
        default: add_record(); break;
      }
    }
    return std::move(steps_);
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    throw error(errc::parse, what, "script '" + std::string(script_) + "', column " + std::to_string(at + 1));
  }

  [[nodiscard]] bool is_at(std::string_view any_of) const {
    return at_ < script_.size() && any_of.find(script_[at_]) != std::string_view::npos;
  }
  void skip_separators() {
    while (is_at(separators)) ++at_;
  }
  void add_mark(script_step::kind what) { steps_.push_back(script_step{what, {}, {}, ++at_}); }

  void add_record() {
    const std::size_t begin = at_;
    const bool quoted = script_[at_] == '\'';
    std::string text = quoted ? take_quoted() : take_word();
    if (!quoted && is_control(text)) {
      if (text[0] == 'B')
        fail(begin, "'" + text + "' (barrier) is reserved; operators don't take it yet. As a text, quote it");
      add_watermark(text, begin);
      return;
    }
    std::optional<std::int64_t> time;
    if (is_at("@")) time = take_time();
    if (at_ < script_.size() && !is_at(separators) && !is_at("/|")) fail(at_, "a separator is missing");
    steps_.push_back(script_step{script_step::kind::record, std::move(text), time, begin + 1});
  }

  std::string take_quoted() {
    const std::size_t begin = ++at_;
    at_ = script_.find('\'', begin);
    if (at_ == std::string_view::npos) fail(begin - 1, "the quote is never closed");
    return std::string(script_.substr(begin, at_++ - begin));
  }
  std::string take_word() {
    const std::size_t begin = at_;
    while (at_ < script_.size() && !is_at(separators) && !is_at(marks)) ++at_;
    return std::string(script_.substr(begin, at_ - begin));
  }
  std::int64_t take_time() {
    std::int64_t time = 0;
    const char* const begin = script_.data() + at_ + 1;
    const auto [stop, problem] = std::from_chars(begin, script_.data() + script_.size(), time);
    if (problem != std::errc{}) fail(at_, "an integer must follow '@'");
    at_ += 1 + static_cast<std::size_t>(stop - begin);
    return time;
  }

  static bool is_control(const std::string& word) {
    return word.size() > 1 && (word[0] == 'W' || word[0] == 'B') &&
           std::all_of(word.begin() + 1, word.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  void add_watermark(const std::string& word, std::size_t begin) {
    std::int64_t time = 0;
    const auto [stop, problem] = std::from_chars(word.data() + 1, word.data() + word.size(), time);
    static_cast<void>(stop);
    if (problem != std::errc{}) fail(begin, "'" + word + "' is no time there is");
    steps_.push_back(script_step{script_step::kind::watermark, {}, time, begin + 1});
  }

  std::string_view script_;
  std::size_t at_ = 0;
  bool ended_ = false;
  std::vector<script_step> steps_;
};

}  // namespace

std::vector<script_step> parse_script(std::string_view script) {
  return script_parser(script).run();
}

}  // namespace sage::testing
