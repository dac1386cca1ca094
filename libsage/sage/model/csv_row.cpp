#include "sage/model/csv_row.hpp"

#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sage {

namespace {

/// The first separator or quote from `c` on, or `end`.
const char* find_border(const char* c, const char* end, const csv_format& format) noexcept {
#if defined(__SSE2__)
  const __m128i separators = _mm_set1_epi8(format.separator);
  const __m128i quotes = _mm_set1_epi8(format.quote);
  for (; end - c >= 16; c += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(c));
    const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(block, separators), _mm_cmpeq_epi8(block, quotes));
    if (const auto marks = static_cast<unsigned>(_mm_movemask_epi8(found)); marks != 0) {
      return c + std::countr_zero(marks);
    }
  }
#endif
  while (c < end && *c != format.separator && *c != format.quote) ++c;
  return c;
}

}  // namespace

void csv_row::locate(decode_problem& problem, std::uint64_t offset) const {
  problem.offset = offset;
  problem.line = 1;
  problem.column = 1;
  for (const char c : line_.substr(0, offset)) {
    if (c == '\n') {
      ++problem.line;
      problem.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++problem.column;
    }
  }
}

bool csv_row::fail(decode_problem& problem, std::size_t offset, const char* message, const char* advice) const {
  problem.code = errc::parse;
  problem.message = message;
  problem.advice = advice;
  problem.path = "column " + std::to_string(cells_.size() + 1);
  locate(problem, offset);
  return false;
}

bool csv_row::parse(std::string_view line, decode_problem& problem, const csv_format& format,
                    const decode_limits& limits) {
  cells_.clear();
  unquoted_.clear();
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  line_ = line;
  if (line.size() > limits.bytes_max || line.size() > 0xffffffff) {
    fail(problem, 0, "the row is longer than what is accepted",
         "raise decode_limits::bytes_max if it can be trusted");
    problem.code = errc::limit;
    return false;
  }
  for (std::size_t at = 0;;) {
    if (cells_.size() == limits.elements_max) {
      fail(problem, at, "the row has more cells than are accepted", "");
      problem.code = errc::limit;
      return false;
    }
    const bool quoted = at < line.size() && line[at] == format.quote;
    if (quoted ? !parse_quoted(at, problem, format) : !parse_plain(at, problem, format)) return false;
    if (at == line.size()) return true;
    ++at;  // the separator
  }
}

bool csv_row::parse_plain(std::size_t& at, decode_problem& problem, const csv_format& format) {
  const char* const from = line_.data() + at;
  const char* const end = line_.data() + line_.size();
  const char* const c = find_border(from, end, format);
  if (c < end && *c == format.quote) {
    return fail(problem, static_cast<std::size_t>(c - line_.data()), "a quote inside a cell without quotes",
                "put the whole cell in quotes and double the quotes in it");
  }
  cells_.push_back(
      {std::string_view(from, static_cast<std::size_t>(c - from)), static_cast<std::uint32_t>(at), false});
  at += static_cast<std::size_t>(c - from);
  return true;
}

bool csv_row::parse_quoted(std::size_t& at, decode_problem& problem, const csv_format& format) {
  const std::size_t opening = at;
  const std::size_t kept = unquoted_.size();
  bool doubled = false;
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = line_.find(format.quote, from);
    if (quote == std::string_view::npos) {
      return fail(problem, opening, "a quote that is never closed", "double the quotes inside a cell");
    }
    const bool again = quote + 1 < line_.size() && line_[quote + 1] == format.quote;
    if (again || doubled) {
      // Views into this string stay valid: it never grows beyond the row it was given room for.
      if (unquoted_.capacity() < line_.size()) unquoted_.reserve(line_.size());
      unquoted_.append(line_.substr(from, quote - from + (again ? 1 : 0)));
      doubled = true;
    }
    if (again) {
      from = quote + 2;
      continue;
    }
    at = quote + 1;
    if (at < line_.size() && line_[at] != format.separator) {
      return fail(problem, at, "text behind a closing quote", "double the quotes inside a cell");
    }
    const std::string_view whole = line_.substr(opening + 1, quote - opening - 1);
    cells_.push_back(
        {doubled ? std::string_view(unquoted_).substr(kept) : whole, static_cast<std::uint32_t>(opening), true});
    return true;
  }
}

std::size_t csv_row_scanner::find_end(std::string_view bytes) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == quote_) {
      in_quotes_ = !in_quotes_;  // a doubled quote leaves and enters again
    } else if (bytes[i] == '\n' && !in_quotes_) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace sage
