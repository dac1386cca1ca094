#include "sage/observability/log.hpp"

#include <cstdio>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include "sage/base/utf8.hpp"

namespace sage {

namespace {

// Within quotes, for both forms: a line stays one line, and JSON stays JSON, whatever bytes a path has.
void append_escaped(std::string& to, std::string_view raw) {
  std::string text;
  append_repaired_utf8(text, raw);
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (c == '\n') {
      to += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      to += escaped;
    } else {
      to += c;
    }
  }
}

void append_number(std::string& to, const log_field& field) {
  if (const auto* whole = std::get_if<std::uint64_t>(&field.value)) {
    to += std::to_string(*whole);
  } else {
    char shown[32];
    std::snprintf(shown, sizeof shown, "%.3f", std::get<double>(field.value));
    to += shown;
  }
}

std::string human_line(std::string_view message, const log_place& place, std::initializer_list<log_field> fields) {
  std::string line;
  if (!place.job.empty() || !place.operator_name.empty()) {
    line += '[';
    append_escaped(line, place.job);
    if (!place.operator_name.empty()) {
      line += '/';
      append_escaped(line, place.operator_name);
      if (place.instance) line += "[" + std::to_string(*place.instance) + "]";
    }
    line += "] ";
  }
  for (const char c : message) {
    if (c == '\n') {
      line += "; ";
    } else {
      line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  for (const log_field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      append_escaped(line, *text);
    } else {
      append_number(line, field);
    }
  }
  return line;
}

// What stands behind the level in the object that the pattern begins and ends.
std::string json_members(std::string_view message, const log_place& place, std::initializer_list<log_field> fields) {
  std::string line;
  const auto add_text = [&line](std::string_view name, std::string_view value) {
    line += ",\"";
    append_escaped(line, name);
    line += "\":\"";
    append_escaped(line, value);
    line += '"';
  };
  if (!place.job.empty()) add_text("job", place.job);
  if (!place.operator_name.empty()) add_text("operator", place.operator_name);
  if (place.instance) line += ",\"instance\":" + std::to_string(*place.instance);
  add_text("message", message);
  for (const log_field& field : fields) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      add_text(field.name, *text);
    } else {
      line += ",\"";
      append_escaped(line, field.name);
      line += "\":";
      append_number(line, field);
    }
  }
  return line;
}

class line_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit line_sink(logger::line_writer to) : to_(std::move(to)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    to_(std::string_view(formatted.data(), formatted.size()));
  }
  void flush_() override {}

  logger::line_writer to_;
};

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::trace: return spdlog::level::trace;
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warn: return spdlog::level::warn;
    case log_level::error: return spdlog::level::err;
    case log_level::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

const char* pattern_of(log_form form) {
  return form == log_form::json ? R"({"version":1,"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l"%v})"
                                : "%Y-%m-%d %H:%M:%S.%e %-7l %v";
}

}  // namespace

struct logger::door {
  explicit door(std::shared_ptr<line_sink> sink) : out("sage", std::move(sink)) {}
  spdlog::logger out;  // made by hand: spdlog's registry never hears of it
};

std::optional<log_level> log_level_of(std::string_view name) noexcept {
  if (name == "trace") return log_level::trace;
  if (name == "debug") return log_level::debug;
  if (name == "info") return log_level::info;
  if (name == "warn") return log_level::warn;
  if (name == "error") return log_level::error;
  if (name == "off") return log_level::off;
  return std::nullopt;
}

logger::logger(log_level least, log_form form, line_writer to)
    : least_(least), form_(form), door_(std::make_unique<door>(std::make_shared<line_sink>(std::move(to)))) {
  door_->out.set_level(spdlog_level(least));
  // JSON is for machines, which compare: UTC. People read their own time.
  const auto zone = form == log_form::json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local;
  door_->out.set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern_of(form), zone));
}

logger::~logger() = default;

void logger::write(log_level level, std::string_view message, const log_place& place,
                   std::initializer_list<log_field> fields) {
  if (!shows(level)) return;
  const std::string line =
      form_ == log_form::json ? json_members(message, place, fields) : human_line(message, place, fields);
  door_->out.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sage
