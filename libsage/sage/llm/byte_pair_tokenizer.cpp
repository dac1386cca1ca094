#include "sage/llm/byte_pair_tokenizer.hpp"

#include <charconv>
#include <limits>
#include <queue>
#include <utility>

#include "sage/base/base64.hpp"
#include "sage/llm/text_pieces.hpp"

namespace sage::llm {

namespace {

constexpr std::uint32_t no_rank = std::numeric_limits<std::uint32_t>::max();

/// A part of a piece, in a list of its neighbours.
struct part {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // begin == end: merged into the one before
  std::uint32_t before = 0;
  std::uint32_t after = 0;
};

/// Two neighbours that could be one token.
struct pair {
  std::uint32_t rank;
  std::uint32_t left;  // index of the part
  std::uint32_t end;   // of the right one, to tell a pair that is no more
  friend bool operator<(const pair& a, const pair& b) noexcept {
    return a.rank != b.rank ? a.rank > b.rank : a.left > b.left;
  }
};

error bad_line(std::size_t number, const char* why) {
  return error(errc::parse, std::string("this is no file of ranks: ") + why, "line " + std::to_string(number),
               "each line is a token in base64, a space, and its rank");
}

}  // namespace

result<std::shared_ptr<const byte_pair_tokenizer>> byte_pair_tokenizer::from_ranks(std::string_view text,
                                                                                   std::size_t digits_max) {
  const std::shared_ptr<byte_pair_tokenizer> made(new byte_pair_tokenizer);
  made->digits_max_ = digits_max;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return bad_line(number, "a space is missing");
    std::string token;
    if (!append_from_base64(token, line.substr(0, space)) || token.empty())
      return bad_line(number, "the token isn't base64");
    const std::string_view digits = line.substr(space + 1);
    std::uint32_t rank = 0;
    const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
    if (problem != std::errc() || stop != digits.data() + digits.size() || rank == no_rank) {
      return bad_line(number, "the rank isn't a number");
    }
    if (!made->ranks_.emplace(std::move(token), rank).second) return bad_line(number, "the token is there twice");
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char single = static_cast<char>(byte);
    if (made->ranks_.contains(std::string_view(&single, 1))) continue;
    return error(errc::parse, "the byte " + std::to_string(byte) + " has no rank", {}, "take the whole file");
  }
  return std::shared_ptr<const byte_pair_tokenizer>(made);
}

result<std::shared_ptr<const byte_pair_tokenizer>> byte_pair_tokenizer::from_file(const std::string& path,
                                                                                  std::size_t digits_max,
                                                                                  file_system& files) {
  auto file = files.open(path);
  if (!file) return file.error();
  std::string text;
  std::string part(64 * 1024, '\0');
  while (true) {
    const auto count = (*file)->read(part.data(), part.size());
    if (!count) return count.error();
    if (*count == 0) break;
    text.append(part, 0, *count);
    if (text.size() > file_bytes_max) return error(errc::limit, "the file of ranks is too long", path);
  }
  auto made = from_ranks(text, digits_max);
  if (!made) {
    const error& problem = made.error();
    return error(problem.code(), problem.message(), path + (problem.where().empty() ? "" : ": " + problem.where()),
                 problem.advice());
  }
  return made;
}

template <class Token>
void byte_pair_tokenizer::merge(std::string_view piece, Token token) const {
  const auto rank_of = [&](std::string_view bytes) {
    const auto found = ranks_.find(bytes);
    return found == ranks_.end() ? no_rank : found->second;
  };
  if (const std::uint32_t whole = rank_of(piece); whole != no_rank) return token(whole);
  const auto size = static_cast<std::uint32_t>(piece.size());
  std::vector<part> parts(size);
  std::priority_queue<pair> pairs;
  const auto propose = [&](std::uint32_t left) {
    const std::uint32_t right = parts[left].after;
    if (right >= size) return;
    const std::uint32_t rank = rank_of(piece.substr(parts[left].begin, parts[right].end - parts[left].begin));
    if (rank != no_rank) pairs.push({rank, left, parts[right].end});
  };
  for (std::uint32_t i = 0; i < size; ++i) parts[i] = {i, i + 1, i == 0 ? size : i - 1, i + 1};
  for (std::uint32_t i = 0; i < size; ++i) propose(i);
  while (!pairs.empty()) {
    const pair best = pairs.top();
    pairs.pop();
    part& left = parts[best.left];
    if (left.begin == left.end || left.after >= size || parts[left.after].end != best.end) continue;
    part& right = parts[left.after];
    left.end = right.end;
    left.after = right.after;
    right.end = right.begin;
    if (left.after < size) parts[left.after].before = best.left;
    propose(best.left);
    if (left.before < size) propose(left.before);
  }
  for (std::uint32_t i = 0; i < size; i = parts[i].after) {
    token(rank_of(piece.substr(parts[i].begin, parts[i].end - parts[i].begin)));
  }
}

std::uint64_t byte_pair_tokenizer::count(std::string_view text) const {
  std::uint64_t tokens = 0;
  while (!text.empty()) {
    const std::size_t size = first_piece(text, digits_max_);
    merge(text.substr(0, size), [&](std::uint32_t) { ++tokens; });
    text.remove_prefix(size);
  }
  return tokens;
}

std::vector<std::uint32_t> byte_pair_tokenizer::encode(std::string_view text) const {
  std::vector<std::uint32_t> tokens;
  while (!text.empty()) {
    const std::size_t size = first_piece(text, digits_max_);
    merge(text.substr(0, size), [&](std::uint32_t rank) { tokens.push_back(rank); });
    text.remove_prefix(size);
  }
  return tokens;
}

}  // namespace sage::llm
