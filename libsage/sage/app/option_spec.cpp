#include "sage/app/option_spec.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "sage/app/nearest_name.hpp"

namespace sage::apps {

namespace {

struct unit_row {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<unit_row, 7> byte_units{{{"GiB", 1 << 30},
                                              {"MiB", 1 << 20},
                                              {"KiB", 1 << 10},
                                              {"GB", 1'000'000'000},
                                              {"MB", 1'000'000},
                                              {"kB", 1'000},
                                              {"B", 1}}};
constexpr std::array<unit_row, 6> duration_units{{{"h", 3'600'000'000'000},
                                                  {"min", 60'000'000'000},
                                                  {"ms", 1'000'000},
                                                  {"us", 1'000},
                                                  {"ns", 1},
                                                  {"s", 1'000'000'000}}};

error wrong(std::string what, std::string advice = {}) {
  return error(errc::configuration, std::move(what), {}, std::move(advice));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  std::string shown = "'";
  for (const char c : text.substr(0, shown_max)) shown += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return shown + (text.size() > shown_max ? "...'" : "'");
}

std::string list(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

template <class Number>
bool read_number(std::string_view text, Number& value, std::string_view& rest) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return problem == std::errc{} && end != text.data();
}

template <std::size_t Size>
std::optional<std::int64_t> read_with_unit(std::string_view text, const std::array<unit_row, Size>& units,
                                           bool unit_needed) {
  std::int64_t count = 0;
  std::string_view unit;
  if (!read_number(text, count, unit)) return std::nullopt;
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit.empty()) return unit_needed && count != 0 ? std::nullopt : std::optional(count);
  for (const unit_row& row : units) {
    std::int64_t product = 0;
    if (row.name == unit && !__builtin_mul_overflow(count, row.factor, &product)) return product;
  }
  return std::nullopt;
}

template <std::size_t Size>
std::string show_with_unit(std::int64_t value, const std::array<unit_row, Size>& units, std::string_view none) {
  if (value == 0) return "0" + std::string(none);
  std::string_view name = none;
  std::int64_t factor = 1;
  for (const unit_row& row : units) {
    if (value % row.factor != 0 || row.factor < factor) continue;
    factor = row.factor;
    name = row.name;
  }
  return std::to_string(value / factor) + std::string(name);
}

result<option_value> parse_flag(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return option_value(true);
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return option_value(false);
  }
  return wrong(in_quotes(text) + " is neither true nor false");
}

result<option_value> parse_one(const option_spec& spec, const std::string& text) {
  std::string_view rest;
  switch (spec.kind) {
    case option_kind::flag: return parse_flag(text);
    case option_kind::integer: {
      std::int64_t value = 0;
      if (!read_number(text, value, rest) || !rest.empty()) return wrong(in_quotes(text) + " is not a whole number");
      return option_value(value);
    }
    case option_kind::number: {
      double value = 0;
      if (!read_number(text, value, rest) || !rest.empty() || !std::isfinite(value)) {
        return wrong(in_quotes(text) + " is not a number");
      }
      return option_value(value);
    }
    case option_kind::bytes: {
      const auto value = read_with_unit(text, byte_units, false);
      if (!value) return wrong(in_quotes(text) + " is not a number of bytes", "write 65536, 64KiB, 4MiB or 1GB");
      return option_value(*value);
    }
    case option_kind::duration: {
      const auto value = read_with_unit(text, duration_units, true);
      if (!value) return wrong(in_quotes(text) + " is not a duration", "write 500ms, 5s or 2min");
      return option_value(*value);
    }
    case option_kind::text:
    case option_kind::texts: return option_value(text);
  }
  return wrong("has an unknown kind");
}

result<void> check_choice(const option_spec& spec, const std::string& text) {
  for (const std::string& choice : spec.choices) {
    if (choice == text) return {};
  }
  if (spec.choices.empty()) return {};
  return wrong(in_quotes(text) + " is not one of " + list(spec.choices), did_you_mean(text, spec.choices, "", ""));
}

result<void> check_limits(const option_spec& spec, const option_value& value) {
  double number = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    number = *real;
  } else {
    return {};
  }
  const auto limit = [&](double at) {
    return spec.kind == option_kind::number ? show_value(spec, at) : show_value(spec, static_cast<std::int64_t>(at));
  };
  if (spec.least && number < *spec.least) return wrong(show_value(spec, value) + " is below " + limit(*spec.least));
  if (spec.most && number > *spec.most) return wrong(show_value(spec, value) + " is above " + limit(*spec.most));
  return {};
}

// A plain YAML scalar where that is unambiguous, else a double-quoted one.
std::string yaml_text(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' ||
           c == '_' || c == '-';
  };
  bool plain = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '/');
  for (const char c : text) plain = plain && is_plain(c);
  for (const std::string_view word : {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}) {
    plain = plain && text != word;
  }
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char digits[] = "0123456789abcdef";
      quoted += "\\x";
      quoted += digits[static_cast<unsigned char>(c) >> 4];
      quoted += digits[c & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace

std::string_view kind_name(option_kind kind) noexcept {
  switch (kind) {
    case option_kind::flag: return "true or false";
    case option_kind::integer: return "a whole number";
    case option_kind::number: return "a number";
    case option_kind::text: return "a text";
    case option_kind::texts: return "a list of texts";
    case option_kind::bytes: return "a number of bytes";
    case option_kind::duration: return "a duration";
  }
  return "a value";
}

result<option_value> parse_value(const option_spec& spec, const std::vector<std::string>& texts) {
  option_value value;
  if (spec.kind == option_kind::texts) {
    for (const std::string& text : texts) {
      if (auto problem = check_choice(spec, text); !problem) return problem.error();
    }
    value = texts;
  } else {
    if (texts.size() != 1) return wrong("takes one value, not " + std::to_string(texts.size()));
    auto parsed = parse_one(spec, texts.front());
    if (!parsed) return parsed;
    value = *std::move(parsed);
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (auto problem = check_choice(spec, *text); !problem) return problem.error();
    }
  }
  if (auto problem = check_limits(spec, value); !problem) return problem.error();
  if (spec.check) {
    if (const auto must = spec.check(value)) return wrong(*must + ", not " + in_quotes(show_value(spec, value)));
  }
  return value;
}

std::string show_value(const option_spec& spec, const option_value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* real = std::get_if<double>(&value)) {
    char shown[32];
    const auto [end, problem] = std::to_chars(shown, shown + sizeof shown, *real);
    return problem == std::errc{} ? std::string(shown, end) : std::string("?");
  }
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (spec.kind == option_kind::bytes) return show_with_unit(*integer, byte_units, "");
    if (spec.kind == option_kind::duration) return show_with_unit(*integer, duration_units, "s");
    return std::to_string(*integer);
  }
  std::string all;
  for (const std::string& text : std::get<std::vector<std::string>>(value)) all += (all.empty() ? "" : " ") + text;
  return all;
}

std::string yaml_value(const option_spec& spec, const option_value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return yaml_text(*text);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    std::string all = "[";
    for (const std::string& text : *texts) all += (all.size() == 1 ? "" : ", ") + yaml_text(text);
    return all + "]";
  }
  return show_value(spec, value);
}

std::string variable_name(std::string_view option) {
  std::string name = "SAGE_";
  for (const char c : option) {
    if (c >= 'a' && c <= 'z') {
      name += static_cast<char>(c - 'a' + 'A');
    } else {
      name += (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ? c : '_';
    }
  }
  return name;
}

}  // namespace sage::apps
