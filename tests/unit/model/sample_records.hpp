/// Described types with a field of every kind, and random values of them.
#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sage/base/utf8.hpp"
#include "sage/model/describe.hpp"
#include "sage/model/dynamic_value.hpp"
#include "sage/model/secret.hpp"

namespace samples {

enum class level : std::uint8_t { debug, info, warn, error };
SAGE_DESCRIBE_ENUM(level, debug, info, warn, error)

enum unnamed : std::int16_t { first = -300, second = 300 };

struct log_line {
  std::string time;
  std::string service;
  level severity = level::info;
  std::int32_t status = 0;
  double duration_ms = 0;
  std::int64_t bytes = 0;
  bool operator==(const log_line&) const = default;
};
SAGE_DESCRIBE(log_line, time, service, severity, status, duration_ms, bytes)

struct scalars {
  bool truth = false;
  std::int8_t i8 = 0;
  std::uint8_t u8 = 0;
  std::int16_t i16 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint32_t u32 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  char letter = 'a';
  float single = 0;
  double twice = 0;
  std::string text;
  std::vector<std::byte> raw;
  level severity = level::info;
  unnamed number = first;
  std::chrono::seconds wait{0};
  std::chrono::microseconds fine{0};
  std::chrono::duration<double> real{0};
  std::chrono::sys_time<std::chrono::milliseconds> at;
  std::chrono::system_clock::time_point precise;
  std::optional<std::int32_t> maybe;
  std::optional<std::string> maybe_text;
  std::optional<level> maybe_level;
  bool operator==(const scalars&) const = default;
};
SAGE_DESCRIBE(scalars, truth, i8, u8, i16, u16, i32, u32, i64, u64, letter, single, twice, text, raw, severity,
              number, wait, fine, real, at, precise, maybe, maybe_text, maybe_level)

struct tree {
  std::string name;
  std::vector<tree> children;
  bool operator==(const tree&) const = default;
};
SAGE_DESCRIBE(tree, name, children)

struct compounds {
  log_line line;
  std::vector<log_line> lines;
  std::vector<bool> bits;
  std::deque<std::string> names;
  std::array<std::int32_t, 3> triple{};
  std::pair<std::string, double> pair;
  std::tuple<bool, level, std::optional<std::string>> tuple;
  std::map<std::string, std::vector<std::int32_t>> by_name;
  std::map<std::int32_t, std::string> by_number;
  std::map<level, std::uint64_t> by_level;
  std::unordered_map<std::string, double> unordered;
  std::optional<log_line> maybe;
  tree forest;
  sage::dynamic_value anything;
  bool operator==(const compounds&) const = default;
};
SAGE_DESCRIBE(compounds, line, lines, bits, names, triple, pair, tuple, by_name, by_number, by_level, unordered,
              maybe, forest, anything)

struct account {
  std::string user;
  sage::secret<std::string> password;
  std::optional<sage::secret<std::string>> token;
  bool operator==(const account&) const = default;
};
SAGE_DESCRIBE(account, user, password, token)

/// Random values with a taste for borders. The same seed gives the same values everywhere.
class generator {
 public:
  explicit generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t bits() { return random_(); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  template <class Integer>
  Integer integer() {
    switch (below(6)) {
      case 0: return std::numeric_limits<Integer>::min();
      case 1: return std::numeric_limits<Integer>::max();
      case 2: return static_cast<Integer>(0);
      case 3: return static_cast<Integer>(below(200)) - static_cast<Integer>(std::is_signed_v<Integer> ? 100 : 0);
      default: return static_cast<Integer>(bits() >> below(64));
    }
  }

  /// Any number but NaN.
  template <class Real>
  Real real() {
    switch (below(6)) {
      case 0: return static_cast<Real>(below(1000000)) / Real(1000);
      case 1: return static_cast<Real>(integer<std::int64_t>());
      case 2: return -Real(0);
      case 3: return std::numeric_limits<Real>::infinity() * (chance(2) ? 1 : -1);
      default: {
        std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t> pattern =
            static_cast<decltype(pattern)>(bits());
        Real value;
        std::memcpy(&value, &pattern, sizeof value);
        return std::isnan(value) ? std::numeric_limits<Real>::denorm_min() : value;
      }
    }
  }

  std::string text() {
    static const char* const pieces[] = {"a",
                                         "\"",
                                         "\\",
                                         ",",
                                         "\n",
                                         "\r\n",
                                         "\t",
                                         "\x01",
                                         "\x7f",
                                         "\xc3\xa9",
                                         "\xe4\xb8\x96",
                                         "\xf0\x9f\x8c\x8d",
                                         " ",
                                         "null",
                                         "{}",
                                         "[",
                                         "0",
                                         "plain words",
                                         "'",
                                         ";"};
    std::string out;
    for (std::size_t i = chance(4) ? 0 : below(12); i > 0; --i) out += pieces[below(std::size(pieces))];
    if (chance(20)) out.push_back('\0');
    if (chance(20)) out.append(below(300), 'x');
    return out;
  }

  std::vector<std::byte> raw() {
    std::vector<std::byte> out(below(40));
    for (auto& byte : out) byte = static_cast<std::byte>(bits());
    return out;
  }

  level severity() { return static_cast<level>(below(chance(10) ? 256 : 4)); }  // sometimes one without a name

  log_line line() {
    return {text(), text(), severity(), integer<std::int32_t>(), real<double>(), integer<std::int64_t>()};
  }

  scalars single_values() {
    scalars value;
    value.truth = chance(2);
    value.i8 = integer<std::int8_t>();
    value.u8 = integer<std::uint8_t>();
    value.i16 = integer<std::int16_t>();
    value.u16 = integer<std::uint16_t>();
    value.i32 = integer<std::int32_t>();
    value.u32 = integer<std::uint32_t>();
    value.i64 = integer<std::int64_t>();
    value.u64 = integer<std::uint64_t>();
    value.letter = integer<char>();
    value.single = real<float>();
    value.twice = real<double>();
    value.text = text();
    value.raw = raw();
    value.severity = severity();
    value.number = static_cast<unnamed>(integer<std::int16_t>());
    value.wait = std::chrono::seconds(integer<std::int32_t>());
    value.fine = std::chrono::microseconds(integer<std::int64_t>());
    value.real = std::chrono::duration<double>(real<double>());
    value.at += std::chrono::milliseconds(integer<std::int64_t>());
    value.precise += std::chrono::nanoseconds(integer<std::int64_t>());
    if (chance(2)) value.maybe = integer<std::int32_t>();
    if (chance(2)) value.maybe_text = text();
    if (chance(2)) value.maybe_level = severity();
    return value;
  }

  tree forest(std::size_t depth) {
    tree node{text(), {}};
    if (depth > 0) {
      for (std::size_t i = below(3); i > 0; --i) node.children.push_back(forest(depth - 1));
    }
    return node;
  }

  sage::dynamic_value anything(std::size_t depth, bool with_bytes) {
    switch (below(depth > 0 ? 9 : 7)) {
      case 0: return nullptr;
      case 1: return chance(2);
      case 2: return integer<std::int64_t>();
      case 3: return integer<std::uint64_t>();
      case 4: return std::isinf(last_ = real<double>()) ? 0.5 : last_;  // an infinity is text in JSON
      case 5: return text();
      case 6: {
        if (with_bytes) return raw();
        return text();
      }
      case 7: {
        sage::dynamic_list list;
        for (std::size_t i = below(5); i > 0; --i) list.push_back(anything(depth - 1, with_bytes));
        return list;
      }
      default: {
        sage::dynamic_value map = sage::dynamic_map();
        for (std::size_t i = below(30); i > 0; --i) map[text()] = anything(depth - 1, with_bytes);
        return map;
      }
    }
  }

  compounds compound_values(bool with_bytes) {
    compounds value;
    value.line = line();
    for (std::size_t i = below(4); i > 0; --i) value.lines.push_back(line());
    for (std::size_t i = below(20); i > 0; --i) value.bits.push_back(chance(2));
    for (std::size_t i = below(20); i > 0; --i) value.names.push_back(text());
    for (auto& number : value.triple) number = integer<std::int32_t>();
    value.pair = {text(), real<double>()};
    value.tuple = {chance(2), severity(), chance(2) ? std::optional(text()) : std::nullopt};
    for (std::size_t i = below(4); i > 0; --i) value.by_name[text()] = {integer<std::int32_t>(), 1};
    for (std::size_t i = below(4); i > 0; --i) value.by_number[integer<std::int32_t>()] = text();
    for (std::size_t i = below(4); i > 0; --i)
      value.by_level[static_cast<level>(below(4))] = integer<std::uint64_t>();
    for (std::size_t i = below(4); i > 0; --i) value.unordered[text()] = real<double>();
    if (chance(2)) value.maybe = line();
    value.forest = forest(4);
    value.anything = anything(3, with_bytes);
    return value;
  }

 private:
  std::mt19937_64 random_;
  double last_ = 0;
};

}  // namespace samples
