#include "sage/app/console.hpp"

#include <charconv>
#include <cstdio>
#include <utility>

namespace sage::apps {

namespace {

// "count[1]" names operator and instance; anything else (a file with line and column) is no place of the pipeline.
log_place place_of(const error& problem, std::string_view job) {
  log_place place{job, {}, {}};
  const std::string_view where = problem.where();
  const std::size_t bracket = where.rfind('[');
  if (bracket == std::string_view::npos || !where.ends_with(']')) return place;
  std::uint32_t number = 0;
  const char* begin = where.data() + bracket + 1;
  const char* end = where.data() + where.size() - 1;
  if (std::from_chars(begin, end, number).ptr != end) return place;
  place.operator_name = where.substr(0, bracket);
  place.instance = number;
  return place;
}

}  // namespace

console::console(std::string program, log_level least, log_form form)
    : program_(std::move(program)),
      form_(form),
      silent_(least == log_level::off || form == log_form::json),
      // A program that fails says so at any level.
      log_(least == log_level::off && form == log_form::json ? log_level::error : least, form,
           [this](std::string_view line) { write(line); }) {}

void console::error(const sage::error& problem, std::string_view job) {
  if (form_ == log_form::json) {
    log_.write(log_level::error, problem.what(), place_of(problem, job), {{"code", to_string(problem.code())}});
  } else {
    write(program_ + ": error: " + problem.what() + "\n");
  }
}

void console::note(const std::string& text) {
  if (!silent_) write(program_ + ": " + text + "\n");
}

void console::show_progress(std::string line) {
  const std::lock_guard lock(mutex_);
  if (line == progress_) return;
  progress_ = std::move(line);
  const std::string text = "\r\x1b[K" + progress_;
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void console::write(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string all;
  if (!progress_.empty()) all = "\r\x1b[K";
  all += text;
  all += progress_;
  std::fwrite(all.data(), 1, all.size(), stderr);
}

}  // namespace sage::apps
